import type { ComponentChildren, ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { dayAndTimeOf } from "../../shared/clock";
import { t } from "../../shared/i18n";
import { inside } from "../../shared/tabs";
import { Heading, ProblemNote, SendButton, Waiting } from "../../shared/ui";
import { PlaceLink } from "../me-screen";
import { ConsentsPart } from "./consents-part";
import { CorrectPart } from "./correct-part";
import { loadLooks, loadOwn, looks, looksCursor, own, problem, takeCopy, working } from "./data";
import { TransferPart } from "./transfer-part";

/** What stands behind `#data/…`; behind `#data` alone, what is held. */
const PARTS: Record<string, { title: () => string; Part: ComponentType<{ token: string }> }> = {
  looks: { title: () => t("data_looks"), Part: LooksPart },
  consents: { title: () => t("data_consents"), Part: ConsentsPart },
  correct: { title: () => t("data_correct"), Part: CorrectPart },
  transfer: { title: () => t("data_transfer"), Part: TransferPart },
};

export function DataScreen({ token }: { token: string }) {
  const part = PARTS[inside()];
  if (part === undefined) return <Frame title={t("data_title")} back="me" part={OwnPart} token={token} />;
  return <Frame key={inside()} title={part.title()} back="data" part={part.Part} token={token} />;
}

function Frame({
  title,
  back,
  part: Part,
  token,
}: {
  title: string;
  back: string;
  part: ComponentType<{ token: string }>;
  token: string;
}) {
  return (
    <section class="panel flat">
      <Heading>{title}</Heading>
      {problem.value === null ? null : <ProblemNote problem={problem.value} />}
      <Part token={token} />
      <a class="button plain" href={`#${back}`}>
        {back === "me" ? t("data_back_me") : t("data_back")}
      </a>
    </section>
  );
}

const STANDINGS: Record<string, () => string> = {
  active: () => t("standing_active"),
  transferring: () => t("standing_transferring"),
  retained: () => t("standing_retained"),
};
const NO_STANDING = () => t("standing_none");

function OwnPart({ token }: { token: string }) {
  useEffect(() => void loadOwn(token), [token]);
  const held = own.value;
  return (
    <>
      {held === null ? (
        <Loading onRetry={() => void loadOwn(token)} />
      ) : (
        <dl class="facts">
          <Fact name={t("data_name")}>{held.name}</Fact>
          <Fact name={t("data_document")}>{held.document_masked}</Fact>
          <Fact name={t("data_phone")}>{held.phone_masked ?? t("data_none")}</Fact>
          <Fact name={t("data_union")}>{held.union_name}</Fact>
          <Fact name={t("data_standing")}>{(STANDINGS[held.status] ?? NO_STANDING)()}</Fact>
          <Fact name={t("data_joined")}>{held.joined_on ?? t("data_none")}</Fact>
        </dl>
      )}
      <ul class="links">
        <PlaceLink place="data/looks" icon="◎" label={t("data_looks")} />
        <PlaceLink place="data/consents" icon="✓" label={t("data_consents")} />
        <PlaceLink place="data/correct" icon="✎" label={t("data_correct")} />
        <PlaceLink place="data/transfer" icon="⇄" label={t("data_transfer")} />
      </ul>
      <h2>{t("data_copy")}</h2>
      <p class="quiet">{t("data_copy_what")}</p>
      <div class="row">
        {(["pdf", "json"] as const).map((extension) => (
          <SendButton
            key={extension}
            type="button"
            class="plain"
            busy={working.value}
            onClick={() => void takeCopy(token, extension)}
          >
            {extension === "pdf" ? t("data_copy_pdf") : t("data_copy_json")}
          </SendButton>
        ))}
      </div>
      <h2>{t("data_held")}</h2>
      {held?.held.map((each) => (
        <details key={each.category} class="held">
          <summary>{each.title}</summary>
          <p>{each.what}</p>
          <p>{t("data_purpose", { purpose: each.purpose })}</p>
          <p>{t("data_kept", { kept: each.kept })}</p>
        </details>
      ))}
    </>
  );
}

export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** Nothing was heard yet: it is on its way, or it can be asked for again. */
function Loading({ onRetry }: { onRetry: () => void }) {
  if (problem.value === null) return <Waiting>{t("data_loading")}</Waiting>;
  return (
    <button type="button" onClick={onRetry}>
      {t("try_again")}
    </button>
  );
}

function LooksPart({ token }: { token: string }) {
  useEffect(() => void loadLooks(token, null), [token]);
  const seen = looks.value;
  if (seen === null) return <Loading onRetry={() => void loadLooks(token, null)} />;
  return (
    <>
      <p class="quiet">{t("data_looks_what")}</p>
      {seen.length === 0 ? (
        <div class="empty">
          <p>{t("data_looks_none")}</p>
        </div>
      ) : null}
      <ol class="timeline">
        {seen.map((look) => (
          <li key={look.id}>
            <p class="quiet">
              <time dateTime={look.at}>{dayAndTimeOf(look.at)}</time>
            </p>
            <h2>{look.office}</h2>
            {look.union === "" ? null : <p>{look.union}</p>}
            <p>{t("data_look_saw", { what: look.what })}</p>
            <p>{t("data_look_why", { why: look.why })}</p>
          </li>
        ))}
      </ol>
      {looksCursor.value === null ? null : (
        <SendButton
          type="button"
          class="plain"
          busy={working.value}
          onClick={() => void loadLooks(token, looksCursor.value)}
        >
          {t("show_more")}
        </SendButton>
      )}
    </>
  );
}
