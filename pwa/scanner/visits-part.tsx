import { useEffect } from "preact/hooks";
import { t } from "../shared/i18n";
import { ProblemNote } from "../shared/ui";
import { tell } from "./feedback";
import {
  counting,
  lastTap,
  loadVisits,
  openTap,
  sendTap,
  takeBack,
  tap,
  type VisitCount,
  visits,
  visitsProblem,
} from "./visits";

/** Visitors of the site: one tap each, by what they do. */
export function Visits({ token }: { token: string }) {
  useEffect(() => void loadVisits(token), [token]);
  const now = visits.value;
  const waiting = openTap.value;
  return (
    <section class="mode" aria-labelledby="visits">
      <h2 id="visits">{t("visits_title", { count: now?.total ?? "–" })}</h2>
      <p class="quiet">{t("visits_why")}</p>
      {visitsProblem.value === null ? null : (
        <ProblemNote problem={visitsProblem.value} kind={waiting === null ? "no" : "wait"}>
          <button
            type="button"
            class="plain"
            onClick={() => void (waiting === null ? loadVisits(token) : sendTap(token, waiting))}
          >
            {t("try_again")}
          </button>
        </ProblemNote>
      )}
      <div class="visitors">
        {now?.items.map((each) => (
          <Visitor key={each.occupation} token={token} each={each} />
        ))}
      </div>
      <div class="counted" aria-live="polite">
        <LastTap token={token} />
      </div>
    </section>
  );
}

function Visitor({ token, each }: { token: string; each: VisitCount }) {
  return (
    <button
      type="button"
      class="plain"
      // A tap without an answer is settled first: nobody knows yet whether it counted.
      disabled={counting.value || openTap.value !== null}
      onClick={async () => {
        if (await tap(token, each)) tell("yes");
      }}
    >
      {each.title} <span class="number">{each.count}</span>
    </button>
  );
}

function LastTap({ token }: { token: string }) {
  const last = lastTap.value;
  if (last === null) return null;
  return (
    <>
      <span>{t("visits_counted", { title: last.title })}</span>
      <button type="button" class="plain" onClick={() => void takeBack(token, last)}>
        {t("visits_take_back")}
      </button>
    </>
  );
}
