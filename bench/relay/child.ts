import { type ChildProcess, fork } from 'node:child_process';
import type { z } from 'zod';

/** A helper process of the bench, asked over IPC, one question at a time. */
export interface Child<Ask, Answer> extends AsyncDisposable {
  pid: number;
  ask(question: Ask): Promise<Answer>;
}

/** Starts a TypeScript file of the bench as a process of its own. */
export function startChild<Ask, Answer extends z.ZodType>(
  file: URL,
  options: { answer: Answer; env?: Record<string, string> },
): Child<Ask, z.output<Answer>> {
  const child: ChildProcess = fork(file, {
    env: { PATH: process.env.PATH, ...options.env },
    stdio: 'inherit',
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  if (child.pid === undefined) throw new Error(`${file} did not start`);
  return {
    pid: child.pid,
    ask: (question) =>
      new Promise((resolve, reject) => {
        const onExit = (code: number | null): void => reject(new Error(`${file} ended with ${code}`));
        child.once('exit', onExit);
        child.once('message', (message) => {
          child.off('exit', onExit);
          const answer = options.answer.safeParse(message);
          if (answer.success) resolve(answer.data);
          else reject(answer.error);
        });
        child.send(question as object);
      }),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** In the child: answers each question. */
export function answerQuestions<Ask extends z.ZodType>(
  schema: Ask,
  answer: (question: z.output<Ask>) => Promise<object>,
): void {
  process.on('message', async (message) => process.send?.(await answer(schema.parse(message))));
  process.on('disconnect', () => process.exit());
}
