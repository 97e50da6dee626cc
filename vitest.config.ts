import { configDefaults, defineConfig } from 'vitest/config';

const exclude = [...configDefaults.exclude, '**/.semibot/**'];
const everywhere = (ending: string): string[] => [`**/*.${ending}.ts`, `**/*.${ending}.tsx`];

/** Tests stand beside the code and are told apart by the end of their names. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: everywhere('test'),
          exclude: [...exclude, ...everywhere('int.test'), ...everywhere('e2e.test')],
        },
      },
      {
        // With real servers on the loopback interface.
        test: {
          name: 'int',
          include: everywhere('int.test'),
          exclude,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        // The whole system, which wants the machine for itself: one file after the other.
        test: {
          name: 'e2e',
          include: ['tests/**/*.e2e.test.ts'],
          exclude,
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 5 * 60_000,
          hookTimeout: 5 * 60_000,
        },
      },
    ],
  },
});
