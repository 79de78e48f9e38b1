import { useEffect, useState } from "preact/hooks";
import { dayAndTimeOf } from "../shared/clock";
import { t } from "../shared/i18n";
import { yuan } from "../shared/money";
import { Chip, Heading, Money, ProblemNote, SendButton, Waiting } from "../shared/ui";
import { loadRecord, rate, record, recordProblem, report, saying, sayProblem } from "./record";
import { lines } from "./records";
import { WhoPaid } from "./records-parts";
import type { RecordDetail, RecordLine, Sale } from "./records-service";

const COMMENT_MAX = 200;

/** One line of the timeline: who paid what, the receipt and its proof, rating it, "not me". */
export function RecordPage({ token, id }: { token: string; id: string }) {
  useEffect(() => void loadRecord(token, id), [token, id]);
  const whole = record.value?.id === id ? record.value : null;
  // The timeline knows the line already, and still does where there is no network.
  const line: RecordLine | null = whole ?? lines.value?.find((each) => each.id === id) ?? null;
  return (
    <section class="panel flat">
      <a class="back" href="#records">
        <span aria-hidden="true">‹ </span>
        {t("records_back")}
      </a>
      <Heading>{line?.title ?? t("records_title")}</Heading>
      {recordProblem.value === null ? null : (
        <ProblemNote problem={recordProblem.value} kind={line === null ? "no" : "wait"}>
          <button type="button" class="plain" onClick={() => void loadRecord(token, id)}>
            {t("try_again")}
          </button>
        </ProblemNote>
      )}
      {whole === null && recordProblem.value === null ? (
        <Waiting>{t("records_loading")}</Waiting>
      ) : null}
      {line === null ? null : <Line line={line} />}
      {whole?.sale == null ? null : <Bought token={token} whole={whole} sale={whole.sale} />}
    </section>
  );
}

function Line({ line }: { line: RecordLine }) {
  return (
    <div class="totals">
      <p class="quiet">
        <time dateTime={line.occurred_at}>{dayAndTimeOf(line.occurred_at)}</time>
      </p>
      {line.gross_fen === 0 ? null : (
        <>
          <p class="bill">
            {t("records_bill")} <Money fen={line.gross_fen} />
          </p>
          <WhoPaid parts={line} />
        </>
      )}
    </div>
  );
}

function Bought({ token, whole, sale }: { token: string; whole: RecordDetail; sale: Sale }) {
  return (
    <>
      <Receipt sale={sale} />
      <Rate key={whole.id} token={token} id={whole.id} sale={sale} />
      <NotMe key={`report-${whole.id}`} token={token} id={whole.id} sale={sale} />
    </>
  );
}

const STATES: Record<string, () => string> = {
  voided: () => t("records_voided"),
  partly_reversed: () => t("records_partly_reversed"),
  reversed: () => t("records_reversed"),
};
const SHOWN: Record<string, () => string> = {
  possession: () => t("records_possession"),
  session: () => t("records_session"),
  static: () => t("records_static"),
};

function Receipt({ sale }: { sale: Sale }) {
  const state = STATES[sale.state];
  return (
    <div class="list-card">
      <h2>{t("records_receipt")}</h2>
      {state === undefined ? null : (
        <p>
          <Chip kind="wait">{state()}</Chip>
        </p>
      )}
      <dl class="facts">
        {factsOf(sale).map(([word, value]) => (
          <div key={word} class="fact">
            <dt>{word}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {sale.taken_back.map((each) => (
        <div key={each.created_at} class="taken-back">
          <p>
            {t("records_taken_back", { moment: dayAndTimeOf(each.created_at) })}{" "}
            <Money fen={each.amount_fen} />
          </p>
          <WhoPaid
            parts={{
              union_pays_fen: each.union_fen,
              merchant_bears_fen: each.merchant_fen,
              member_pays_fen: each.member_fen,
            }}
          />
        </div>
      ))}
      {sale.receipt_url === null ? null : (
        <a class="button plain" href={sale.receipt_url} target="_blank" rel="noopener">
          {t("records_receipt_open")}
        </a>
      )}
      <Proof sale={sale} />
    </div>
  );
}

function factsOf(sale: Sale): [string, string][] {
  return [
    [t("records_receipt_no"), sale.receipt_no ?? "–"],
    [t("records_when"), sale.captured_at === null ? "–" : dayAndTimeOf(sale.captured_at)],
    [t("records_merchant"), sale.merchant],
    [t("records_site"), `${sale.site}, ${sale.address}`],
    [
      t("records_offer"),
      t("records_offer_version", { title: sale.offer_title, version: sale.offer_version }),
    ],
  ];
}

function Proof({ sale }: { sale: Sale }) {
  const [isCopied, setCopied] = useState(false);
  const shown = SHOWN[sale.assurance ?? ""]?.() ?? sale.assurance ?? "–";
  const proof: [string, string][] = [
    [t("records_shown_by"), shown],
    [t("records_scanned"), dayAndTimeOf(sale.scanned_at)],
    [t("records_proof_id"), sale.redemption_id],
  ];
  const text = [
    ...factsOf(sale),
    [t("records_bill"), `¥${yuan(sale.gross_fen)}`],
    [t("union_paid"), `¥${yuan(sale.union_pays_fen)}`],
    [t("merchant_gave"), `¥${yuan(sale.merchant_bears_fen)}`],
    [t("i_paid"), `¥${yuan(sale.member_pays_fen)}`],
    ...proof,
  ]
    .map(([word, value]) => `${word}: ${value}`)
    .join("\n");
  return (
    <details>
      <summary>{t("records_proof")}</summary>
      <div class="stack">
        <p>{t("records_proof_what")}</p>
        <dl class="facts">
          {proof.map(([word, value]) => (
            <div key={word} class="fact">
              <dt>{word}</dt>
              <dd class="code">{value}</dd>
            </div>
          ))}
        </dl>
        {/* Without a secure address there is no clipboard: the text above can be selected. */}
        {navigator.clipboard === undefined ? null : (
          <button
            type="button"
            class="plain"
            onClick={() => navigator.clipboard.writeText(text).then(() => setCopied(true), () => {})}
          >
            {t("records_copy")}
          </button>
        )}
        <p role="status">{isCopied ? t("records_copied") : ""}</p>
      </div>
    </details>
  );
}

const STARS = [1, 2, 3, 4, 5];

function Stars({ stars }: { stars: number }) {
  return (
    <span class="stars" role="img" aria-label={t("records_stars", { stars })}>
      {STARS.map((each) => (each <= stars ? "★" : "☆")).join("")}
    </span>
  );
}

function Rate({ token, id, sale }: { token: string; id: string; sale: Sale }) {
  const { rating } = sale;
  const [stars, setStars] = useState(rating?.stars ?? 0);
  const [comment, setComment] = useState(rating?.comment ?? "");
  if (!sale.may_rate) {
    return rating === null ? null : (
      <div class="list-card">
        <h2>{t("records_rated_settled")}</h2>
        <p>
          <Stars stars={rating.stars} /> {rating.comment}
        </p>
      </div>
    );
  }
  const problem = sayProblem.value?.about === "rating" ? sayProblem.value.problem : null;
  return (
    <form
      class="list-card"
      onSubmit={(event) => {
        event.preventDefault();
        void rate(token, id, { stars, comment: comment.trim() === "" ? null : comment.trim() });
      }}
    >
      <fieldset class="star-choice">
        <legend>{t("records_rate")}</legend>
        <div>
          {STARS.map((each) => (
            <label key={each}>
              <input
                type="radio"
                name="stars"
                value={each}
                required
                checked={stars === each}
                onChange={() => setStars(each)}
              />
              <span class="star" aria-hidden="true">
                {each <= stars ? "★" : "☆"}
              </span>
              <span class="visually-hidden">{t("records_stars", { stars: each })}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <div class="field">
        <label for="comment">{t("records_comment")}</label>
        <textarea
          id="comment"
          rows={2}
          maxLength={COMMENT_MAX}
          aria-describedby="comment-hint"
          value={comment}
          onInput={(event) => setComment(event.currentTarget.value.replace(/\n/g, " "))}
        />
        <span class="hint" id="comment-hint">
          {t("records_rate_what")}
        </span>
      </div>
      {problem === null ? null : <ProblemNote problem={problem} />}
      <SendButton class="plain" busy={saying.value === "rating"}>
        {rating === null ? t("records_rate_send") : t("records_rate_change")}
      </SendButton>
      <p role="status">
        {rating === null ? "" : t("records_rated", { moment: dayAndTimeOf(rating.settles_at) })}
      </p>
    </form>
  );
}

function NotMe({ token, id, sale }: { token: string; id: string; sale: Sale }) {
  const [text, setText] = useState("");
  const said = sale.report;
  const problem = sayProblem.value?.about === "report" ? sayProblem.value.problem : null;
  if (said !== null) {
    return (
      <div class="list-card" role="status">
        <h2>{t("records_report")}</h2>
        <p>{t("records_report_said", { text: said.text })}</p>
        <p>
          {said.answer === null || said.answered_at === null
            ? t("records_reported", { moment: dayAndTimeOf(said.reported_at) })
            : t("records_report_answer", {
                moment: dayAndTimeOf(said.answered_at),
                answer: said.answer,
              })}
        </p>
        {said.answer === null ? <ThenLost /> : null}
      </div>
    );
  }
  return (
    <details>
      <summary>{t("records_report")}</summary>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void report(token, id, text.trim());
        }}
      >
        <p>{t("records_report_what")}</p>
        <div class="field">
          <label for="not-me">{t("records_report_text")}</label>
          <textarea
            id="not-me"
            rows={3}
            required
            minLength={2}
            maxLength={COMMENT_MAX}
            aria-describedby="not-me-hint"
            value={text}
            onInput={(event) => setText(event.currentTarget.value.replace(/\n/g, " "))}
          />
          <span class="hint" id="not-me-hint">
            {t("records_report_hint")}
          </span>
        </div>
        {problem === null ? null : <ProblemNote problem={problem} />}
        <SendButton busy={saying.value === "report"} disabled={text.trim().length < 2}>
          {t("records_report_send")}
        </SendButton>
      </form>
    </details>
  );
}

function ThenLost() {
  return (
    <>
      <p>{t("records_then_lost")}</p>
      <a class="button plain" href="#card">
        {t("records_to_card")}
      </a>
    </>
  );
}
