import { useEffect } from "preact/hooks";
import { dayAndTimeOf, dayOf, serverNow } from "../shared/clock";
import { t } from "../shared/i18n";
import { lazy } from "../shared/lazy";
import { inside } from "../shared/tabs";
import { Heading, ProblemNote, SendButton, Waiting } from "../shared/ui";
import { ListProblem } from "./list-problem";
import {
  firstPage,
  lines,
  loading,
  loadMore,
  loadRecords,
  narrow,
  narrowed,
  nextCursor,
  problem,
  totals,
} from "./records";
import { WhoPaid } from "./records-parts";
import type { RecordLine } from "./records-service";

const RecordPage = lazy(() => import("./record-screen").then((m) => m.RecordPage));
const YEARS_BACK = 4;

/** Records: one timeline, and behind it a page for each line (`#records/…`). */
export function RecordsScreen({ token }: { token: string }) {
  const page = inside();
  if (page === "") return <Timeline token={token} />;
  return <RecordPage key={page} token={token} id={page} />;
}

function Timeline({ token }: { token: string }) {
  useEffect(() => void loadRecords(token), [token]);
  const shown = lines.value;
  const isLoading = loading.value || firstPage.loading.value;
  return (
    <section class="panel flat">
      <Heading>{t("records_title")}</Heading>
      <ListProblem list={firstPage} onRetry={() => void loadRecords(token)} />
      {problem.value === null ? null : (
        <ProblemNote problem={problem.value}>
          <button type="button" class="plain" onClick={() => void loadRecords(token)}>
            {t("try_again")}
          </button>
        </ProblemNote>
      )}
      <Choices token={token} />
      {shown === null && isLoading ? <Waiting>{t("records_loading")}</Waiting> : null}
      {totals.value === null ? null : (
        <div class="totals">
          <h2>{t("year_totals", { year: totals.value.year })}</h2>
          <WhoPaid parts={totals.value} />
        </div>
      )}
      {shown?.length === 0 ? (
        <div class="empty">
          <p>{narrowed.value.kind === "" ? t("no_records") : t("records_none_of_kind")}</p>
        </div>
      ) : null}
      <ol class="timeline">
        {shown?.map((line) => (
          <RecordEntry key={line.id} line={line} />
        ))}
      </ol>
      {nextCursor.value === null ? null : (
        <SendButton type="button" class="plain" busy={isLoading} onClick={() => void loadMore(token)}>
          {t("show_more")}
        </SendButton>
      )}
    </section>
  );
}

function Choices({ token }: { token: string }) {
  const thisYear = Number(dayOf(serverNow()).slice(0, 4));
  const years = Array.from({ length: YEARS_BACK + 1 }, (_, back) => thisYear - back);
  return (
    <div class="row filters">
      <div class="field">
        <label for="records-kind">{t("records_kind")}</label>
        <select
          id="records-kind"
          value={narrowed.value.kind}
          onChange={(event) => void narrow(token, { kind: event.currentTarget.value })}
        >
          <option value="">{t("records_any_kind")}</option>
          <option value="discount">{t("records_discount")}</option>
          <option value="aid">{t("records_aid")}</option>
          <option value="training">{t("records_training")}</option>
          <option value="card">{t("records_card")}</option>
        </select>
      </div>
      <div class="field">
        <label for="records-year">{t("records_year")}</label>
        <select
          id="records-year"
          value={String(narrowed.value.year ?? thisYear)}
          onChange={(event) => {
            const year = Number(event.currentTarget.value);
            void narrow(token, { year: year === thisYear ? null : year });
          }}
        >
          {years.map((year) => (
            <option key={year} value={String(year)}>
              {year}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}

function RecordEntry({ line }: { line: RecordLine }) {
  return (
    <li>
      <p class="quiet">
        <time dateTime={line.occurred_at}>{dayAndTimeOf(line.occurred_at)}</time>
      </p>
      <h2>
        <a class="back" href={`#records/${line.id}`}>
          {line.title}
        </a>
      </h2>
      {line.gross_fen === 0 ? null : <WhoPaid parts={line} />}
    </li>
  );
}
