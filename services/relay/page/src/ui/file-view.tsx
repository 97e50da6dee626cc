import type { FileSegment } from '../fold/segments.ts';
import { Icon } from './icons.tsx';

/** A file that a tool made, to be fetched. */
export function FileView({ file }: { file: FileSegment }) {
  return (
    <a className="file" href={`/api/v1/files/${file.fileId}`} download={file.name}>
      <Icon name="file" />
      <span>{file.name}</span>
      <span className="file-size">{size(file.bytes)}</span>
    </a>
  );
}

function size(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  if (bytes < 1_024 ** 2) return `${(bytes / 1_024).toFixed(1)} KB`;
  return `${(bytes / 1_024 ** 2).toFixed(1)} MB`;
}
