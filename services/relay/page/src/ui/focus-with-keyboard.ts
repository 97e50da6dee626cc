/** Puts the focus somewhere, unless that would raise a touch screen's keyboard over what is to be read. */
export function focusWithKeyboard(element: HTMLElement | null): void {
  if (matchMedia('(pointer: fine)').matches) element?.focus();
}
