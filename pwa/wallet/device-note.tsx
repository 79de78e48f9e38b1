import { nextStepOf } from "../shared/api";
import { t } from "../shared/i18n";
import { Note, SendButton } from "../shared/ui";
import { holdNow } from "./card";
import { enrolling, holding } from "./device";

const SENTENCES = {
  impossible: () => t("live_impossible"),
  lost: () => t("live_lost"),
  removed: () => t("live_removed"),
};

/** Why this phone shows the service's codes instead of its own, and how that is mended. */
export function DeviceNote({ token }: { token: string }) {
  const now = holding.value;
  // Not reached is what the connection says already, and is tried again by itself.
  if (now.name !== "none" || now.why === "unreached") return null;
  if (now.why === "refused") {
    // The consent is asked for in the code's place.
    if (now.problem.code === "consent_missing") return null;
    const next = nextStepOf(now.problem);
    return (
      <Note kind="wait">
        <p>{now.problem.title}</p>
        {next === null ? null : <p>{next}</p>}
        <p>{t("live_until_then")}</p>
        {now.problem.code === "device_limit" ? (
          <a class="button plain" href="#devices">
            {t("live_to_devices")}
          </a>
        ) : null}
        <Again token={token} />
      </Note>
    );
  }
  return (
    <Note kind="wait">
      <p>{SENTENCES[now.why]()}</p>
      <p>{t("live_until_then")}</p>
      <Again token={token} />
    </Note>
  );
}

function Again({ token }: { token: string }) {
  return (
    <SendButton type="button" busy={enrolling.value} onClick={() => void holdNow(token)}>
      {t("live_again")}
    </SendButton>
  );
}
