import type { ComponentChildren } from "preact";
import { t } from "../shared/i18n";
import { InstallHint } from "../shared/kept-page";
import { Heading, SendButton } from "../shared/ui";
import { unreadBadge } from "./notices";
import { busy, signOut } from "./session";
import { chooseTypeSize, isLargeType } from "./type-size";

export function MeScreen({ token }: { token: string }) {
  const unread = unreadBadge();
  return (
    <section class="panel flat">
      <Heading>{t("me_title")}</Heading>
      <InstallHint why={t("install_why")} onIos={t("install_ios")} />
      <ul class="links">
        <PlaceLink place="notices" icon="✉" label={t("me_notices")}>
          {unread === null ? null : <span class="quiet">{unread.label}</span>}
        </PlaceLink>
        <PlaceLink place="devices" icon="▯" label={t("me_devices")} />
        <PlaceLink place="aid" icon="✚" label={t("me_aid")} />
        <PlaceLink place="training" icon="✎" label={t("me_training")} />
        <PlaceLink place="data" icon="◉" label={t("me_data")}>
          <span class="quiet">{t("me_data_what")}</span>
        </PlaceLink>
      </ul>
      <label class="tick">
        <input
          type="checkbox"
          name="large-type"
          checked={isLargeType.value}
          onChange={(event) => chooseTypeSize(event.currentTarget.checked)}
        />
        <span>{t("me_large_type")}</span>
      </label>
      <p class="languages">
        <span>{t("me_language")}</span>
        <a class="button plain" href="?language=zh_Hans_CN#me" lang="zh-CN" hreflang="zh-CN">
          中文
        </a>
        <a class="button plain" href="?language=en#me" lang="en" hreflang="en">
          English
        </a>
      </p>
      <SendButton type="button" class="plain" busy={busy.value} onClick={() => void signOut(token)}>
        {t("sign_out")}
      </SendButton>
    </section>
  );
}

/** One line that leads to a place: an icon, its name, and what there is to say about it. */
export function PlaceLink({
  place,
  icon,
  label,
  children,
}: {
  place: string;
  icon: string;
  label: string;
  children?: ComponentChildren;
}) {
  return (
    <li>
      <a href={`#${place}`}>
        <span class="icon" aria-hidden="true">
          {icon}
        </span>
        <span>
          {label}
          {children}
        </span>
        <span class="icon" aria-hidden="true">
          ›
        </span>
      </a>
    </li>
  );
}
