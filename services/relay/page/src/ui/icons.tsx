const PATHS = {
  plus: 'M12 5v14M5 12h14',
  pencil: 'M4 20h4L19 9l-4-4L4 16v4M13.5 6.5l4 4',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5',
  menu: 'M4 7h16M4 12h16M4 17h16',
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M12 19V5M6 11l6-6 6 6',
  stop: 'M7 7h10v10H7z',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  chevron: 'M9 6l6 6-6 6',
  down: 'M12 5v14M6 13l6 6 6-6',
  alert: 'M12 8v5M12 16.5v.5M12 3l9.5 17h-19z',
  tool: 'M14.5 6.5a4 4 0 0 1 5 5L11 20l-4-4 8.5-8.5zM14.5 6.5L12 4 8 8l2.5 2.5',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  leave: 'M14 4h5v16h-5M4 12h11M11 8l4 4-4 4',
  retry: 'M19 12a7 7 0 1 1-2.05-4.95L19 9M19 4v5h-5',
} as const;

/** A small line drawing. It says nothing to a screen reader: the control that carries it has a label. */
export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
