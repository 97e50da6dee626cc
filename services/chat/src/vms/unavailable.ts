import type { RunRow } from '../database/tables.ts';
import type { Ending } from '../runs/ending.ts';

/** How a run ends when its runtime will not come: before it began, or after it was lost. */
export function failureOf(
  run: Pick<RunRow, 'status' | 'language'>,
  vm: { status: string; retryAfterMs: number },
): Ending {
  const seconds = Math.ceil(vm.retryAfterMs / 1000);
  const message =
    run.language === 'zh'
      ? `执行平面未就绪（状态: ${vm.status}），建议 ${seconds} 秒后重试`
      : `Your runtime is not ready (state: ${vm.status}). Try again in ${seconds} seconds.`;
  const code = run.status === 'queued' ? 'RUNTIME_UNAVAILABLE' : 'EXECUTION_PLANE_DISCONNECTED';
  return { type: 'failed', code, message, retryAfterMs: vm.retryAfterMs };
}
