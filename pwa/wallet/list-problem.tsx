import { dayAndTimeOf } from "../shared/clock";
import { t } from "../shared/i18n";
import { ProblemNote } from "../shared/ui";
import type { KeptList } from "./kept-list";

/** Why a list is not today's, from when it is, and a way to ask again. */
export function ListProblem<T>({ list, onRetry }: { list: KeptList<T>; onRetry: () => void }) {
  const problem = list.problem.value;
  if (problem === null) return null;
  const heard = list.heard.value;
  return (
    <ProblemNote problem={problem} kind={heard === null ? "no" : "wait"}>
      {heard === null ? null : (
        <p>{t("list_as_of", { moment: dayAndTimeOf(new Date(heard.at).toISOString()) })}</p>
      )}
      <button type="button" class="plain" onClick={onRetry}>
        {t("try_again")}
      </button>
    </ProblemNote>
  );
}
