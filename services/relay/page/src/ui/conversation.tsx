import { type ReactNode, useCallback, useLayoutEffect, useRef, useState } from 'react';
import { useText } from '../i18n/language.ts';
import { Icon } from './icons.tsx';

/** Nearer to the end than this, in pixels, counts as being at it. */
const AT_END_PX = 60;

/**
 * The scrolling part of a chat. Whoever is at its end stays there as the answer grows; whoever has scrolled up is left
 * in peace and finds a way back. `follow` changes when the reader wants to be at the end again.
 */
export function Conversation({ children, follow }: { children: ReactNode; follow: number }) {
  const text = useText().chat;
  const frame = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [away, setAway] = useState(false);

  const toEnd = useCallback(() => {
    atEnd.current = true;
    setAway(false);
    const element = frame.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, []);
  const onScroll = () => {
    const element = frame.current;
    if (!element) return;
    atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < AT_END_PX;
    setAway(!atEnd.current);
  };
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => {
      if (atEnd.current) toEnd();
    });
    for (const element of [frame.current, content.current]) if (element) observer.observe(element);
    return () => observer.disconnect();
  }, [toEnd]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the wish to be at the end, told by a number that changes.
  useLayoutEffect(toEnd, [follow, toEnd]);

  return (
    <div className="conversation-frame">
      <section
        ref={frame}
        className="conversation"
        aria-label={text.conversation}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard, in Safari too.
        tabIndex={0}
        onScroll={onScroll}
      >
        <div ref={content} className="column" data-testid="conversation">
          {children}
        </div>
      </section>
      {away && (
        <button
          type="button"
          className="round-button to-latest"
          aria-label={text.latest}
          title={text.latest}
          onClick={toEnd}
        >
          <Icon name="down" />
        </button>
      )}
    </div>
  );
}
