import { memo, type ReactNode, useState } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { createBlockReader, isIndivisible } from '../markdown/blocks.ts';
import { CopyButton } from './copy-button.tsx';

interface MarkdownProps {
  text: string;
  /** More may follow: the end is drawn as being written. */
  growing: boolean;
}

/**
 * A model's Markdown. It is not trusted: raw HTML stays text, only safe addresses become links, and no picture is
 * fetched, for its address would tell a stranger whatever the model was made to write into it.
 */
export function Markdown({ text, growing }: MarkdownProps) {
  const [reader] = useState(createBlockReader);
  const blocks = !growing && isIndivisible(text) ? [text] : reader.read(text);
  return (
    <div className="markdown" data-testid="answer-text" data-growing={growing}>
      {blocks.map((block, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a block has no identity but its place, and blocks only ever follow.
        <Block key={place} text={block} />
      ))}
    </div>
  );
}

const Block = memo(({ text }: { text: string }) => (
  <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS}>
    {text}
  </ReactMarkdown>
));

const PLUGINS = [remarkGfm];

const COMPONENTS: Components = {
  a: ({ href, children }) => <OutsideLink href={href}>{children}</OutsideLink>,
  img: ({ src, alt }) => (
    <OutsideLink href={typeof src === 'string' ? src : undefined}>{alt || src || ''}</OutsideLink>
  ),
  table: ({ children }) => (
    <div className="table-frame">
      <table>{children}</table>
    </div>
  ),
  pre: ({ children, node }) => {
    const code = node?.children[0];
    const source = code?.type === 'element' ? code.children[0] : undefined;
    return (
      <div className="code-frame">
        <pre>{children}</pre>
        <CopyButton text={source?.type === 'text' ? source.value : ''} />
      </div>
    );
  },
};

/** A link out of the page, which learns neither where it was followed nor anything of the page. Without an address: text. */
function OutsideLink({ href, children }: { href: string | undefined; children: ReactNode }) {
  if (!href) return <>{children}</>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  );
}
