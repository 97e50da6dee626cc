import type { PlanSegment } from '../fold/segments.ts';
import { useText } from '../i18n/language.ts';

/** What the agent set out to do, and how far it is. */
export function PlanView({ plan }: { plan: PlanSegment }) {
  const text = useText().plan;
  return (
    <section className="plan" aria-label={text.title}>
      <p className="plan-goal">{plan.goal}</p>
      <ol>
        {plan.steps.map((step) => (
          <li key={step.stepId} data-state={step.state}>
            <span>{step.title}</span> <span className="plan-state">{text.states[step.state]}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
