import { useSignal } from "@preact/signals";
import { lastReachedAt, timeOf } from "../shared/clock";
import { t } from "../shared/i18n";
import { InstallHint } from "../shared/kept-page";
import { Ask, Heading } from "../shared/ui";
import { beSilent, isSilent, tell } from "./feedback";
import { Readiness, UnpairWarning } from "./offline/loaded";
import { outbox } from "./outbox";
import { MANAGER_PAGES } from "./pairing-link";
import type { Pairing } from "./service";
import { unpair } from "./till";

export function TillScreen({ pairing }: { pairing: Pairing }) {
  const asking = useSignal(false);
  const reached = lastReachedAt.value;
  return (
    <section class="panel flat">
      <Heading>{t("this_till")}</Heading>
      <dl class="facts">
        <dt>{t("merchant")}</dt>
        <dd>{pairing.merchant}</dd>
        <dt>{t("site")}</dt>
        <dd>{pairing.site}</dd>
        <dt>{t("till_name")}</dt>
        <dd>{pairing.name}</dd>
        <dt>{t("till_code")}</dt>
        <dd class="code">{pairing.code}</dd>
        <dt>{t("last_contact")}</dt>
        <dd>{reached === null ? t("not_since_opened") : timeOf(reached)}</dd>
      </dl>
      <Readiness />
      <InstallHint why={t("till_install_why")} onIos={t("till_install_ios")} />
      <label class="tick">
        <input
          type="checkbox"
          checked={!isSilent.value}
          onChange={(event) => {
            beSilent(!event.currentTarget.checked);
            tell("yes");
          }}
        />
        {t("sounds")}
      </label>
      <a class="button plain" href={MANAGER_PAGES}>
        {t("manager_pages")}
      </a>
      <button
        type="button"
        class="danger"
        onClick={() => {
          asking.value = true;
        }}
      >
        {t("unpair")}
      </button>
      {asking.value ? (
        <Ask
          question={t("unpair_question")}
          onClose={() => {
            asking.value = false;
          }}
        >
          <p>{t("unpair_what")}</p>
          {outbox.value.length === 0 ? null : (
            <p>
              <strong>{t("unpair_unanswered", { count: outbox.value.length })}</strong>
            </p>
          )}
          <UnpairWarning pairing={pairing} />
          <button type="button" class="danger" onClick={() => void unpair()}>
            {t("unpair_yes")}
          </button>
        </Ask>
      ) : null}
    </section>
  );
}
