import { useEffect } from "preact/hooks";
import { dayAndTimeOf } from "../shared/clock";
import { t } from "../shared/i18n";
import type { Parts } from "../shared/money";
import { Heading, ProblemNote, SendButton, Split, Waiting } from "../shared/ui";
import {
  loading,
  loadMore,
  loadRecords,
  nextCursor,
  records,
  recordsProblem,
  totals,
} from "./records";
import type { RecordLine } from "./service";

export function RecordsScreen({ token }: { token: string }) {
  useEffect(() => void loadRecords(token), [token]);
  const lines = records.value;
  return (
    <section class="panel flat">
      <Heading>{t("records_title")}</Heading>
      {recordsProblem.value === null ? null : (
        <ProblemNote problem={recordsProblem.value}>
          <button type="button" class="plain" onClick={() => void loadRecords(token)}>
            {t("try_again")}
          </button>
        </ProblemNote>
      )}
      {lines === null && loading.value ? <Waiting>{t("records_loading")}</Waiting> : null}
      {totals.value === null ? null : (
        <div class="totals">
          <h2>{t("year_totals", { year: totals.value.year })}</h2>
          <WhoPaid parts={totals.value} />
        </div>
      )}
      {lines?.length === 0 ? (
        <div class="empty">
          <p>{t("no_records")}</p>
        </div>
      ) : null}
      <ol class="timeline">
        {lines?.map((line) => (
          <RecordEntry key={line.id} line={line} />
        ))}
      </ol>
      {nextCursor.value === null ? null : (
        <SendButton
          type="button"
          class="plain"
          busy={loading.value}
          onClick={() => void loadMore(token)}
        >
          {t("show_more")}
        </SendButton>
      )}
    </section>
  );
}

function RecordEntry({ line }: { line: RecordLine }) {
  return (
    <li>
      <p class="quiet">
        <time dateTime={line.occurred_at}>{dayAndTimeOf(line.occurred_at)}</time>
      </p>
      <h2>{line.title}</h2>
      {line.gross_fen === 0 ? null : <WhoPaid parts={line} />}
    </li>
  );
}

function WhoPaid({ parts }: { parts: Parts }) {
  return (
    <Split
      parts={[
        { label: t("union_paid"), fen: parts.union_pays_fen },
        { label: t("merchant_gave"), fen: parts.merchant_bears_fen },
        { label: t("i_paid"), fen: parts.member_pays_fen },
      ]}
    />
  );
}
