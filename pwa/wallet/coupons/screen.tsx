import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { clock, dayAndTimeOf, dayOf, timeOf } from "../../shared/clock";
import { t } from "../../shared/i18n";
import { inside } from "../../shared/tabs";
import {
  Chip,
  Heading,
  type Kind,
  Note,
  ProblemNote,
  SendButton,
  Waiting,
} from "../../shared/ui";
import { ListProblem } from "../list-problem";
import {
  ask,
  busyWith,
  claim,
  coupons,
  load,
  phaseAt,
  refused,
  releases,
  remaining,
} from "./coupons";
import type { CouponState, OwnCoupon, Release } from "./service";

const STATES: Record<CouponState, () => { kind: Kind | ""; word: string }> = {
  live: () => ({ kind: "yes", word: t("coupons_live") }),
  offered: () => ({ kind: "wait", word: t("coupons_offered") }),
  used: () => ({ kind: "", word: t("coupons_used") }),
  expired: () => ({ kind: "", word: t("coupons_expired") }),
  lapsed: () => ({ kind: "", word: t("coupons_lapsed") }),
};

const PHASES: Record<Release["phase"], () => { kind: Kind | ""; word: string }> = {
  announced: () => ({ kind: "wait", word: t("coupons_announced") }),
  open: () => ({ kind: "yes", word: t("coupons_open") }),
  closed: () => ({ kind: "", word: t("coupons_closed") }),
  listed: () => ({ kind: "wait", word: t("coupons_listed") }),
  drawn: () => ({ kind: "", word: t("coupons_drawn") }),
  ended: () => ({ kind: "", word: t("coupons_ended") }),
};

/** Coupons: mine, what is given out, and behind each release its page (`#coupons/…`). */
export function CouponsScreen({ token }: { token: string }) {
  useEffect(() => void load(token), [token]);
  const page = inside();
  if (page === "") return <Overview token={token} />;
  return <ReleasePage key={page} token={token} id={page} />;
}

function Overview({ token }: { token: string }) {
  const mine = coupons.heard.value?.value.items ?? null;
  const given = releases.heard.value?.value.items ?? null;
  return (
    <section class="panel flat">
      <a class="back" href="#benefits">
        <span aria-hidden="true">‹ </span>
        {t("benefits_title")}
      </a>
      <Heading>{t("coupons_title")}</Heading>
      <ListProblem list={releases} onRetry={() => void load(token)} />
      {mine === null && coupons.loading.value ? <Waiting>{t("coupons_loading")}</Waiting> : null}
      {mine === null ? null : <h2>{t("coupons_mine")}</h2>}
      {mine?.length === 0 ? <p>{t("coupons_none_mine")}</p> : null}
      <ul class="plain-list">
        {mine?.map((each) => (
          <li key={each.id} class="list-card">
            <Mine token={token} coupon={each} />
          </li>
        ))}
      </ul>
      {given === null ? null : <h2>{t("coupons_releases")}</h2>}
      {given?.length === 0 ? (
        <div class="empty">
          <p>{t("coupons_none")}</p>
        </div>
      ) : null}
      <ul class="plain-list">
        {given?.map((each) => (
          <li key={each.release_id}>
            <ReleaseRow release={each} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Mine({ token, coupon }: { token: string; coupon: OwnCoupon }) {
  const { kind, word } = STATES[coupon.state]();
  const problem = refused.value?.of === coupon.id ? refused.value.problem : null;
  return (
    <>
      <h3>{coupon.title}</h3>
      <p>
        <Chip kind={kind}>{word}</Chip>
      </p>
      <Until state={coupon.state} until={coupon.until} />
      {problem === null ? null : <ProblemNote problem={problem} />}
      {coupon.state === "offered" ? <Claim token={token} id={coupon.id} /> : null}
      {coupon.state === "live" ? (
        <a class="button plain" href={`#benefits/${coupon.offer_id}`}>
          {t("coupons_where")}
        </a>
      ) : null}
    </>
  );
}

function Until({ state, until }: { state: CouponState; until: string }) {
  if (state === "live") {
    // Its end is the first moment at which it does not count any more.
    return (
      <>
        <p>{t("coupons_use_until", { day: dayOf(Date.parse(until) - 1) })}</p>
        <p class="quiet">{t("coupons_how_to_use")}</p>
      </>
    );
  }
  if (state !== "offered") return null;
  return <p>{t("coupons_claim_until", { moment: dayAndTimeOf(until) })}</p>;
}

function Claim({ token, id }: { token: string; id: string }) {
  return (
    <SendButton
      type="button"
      busy={busyWith.value === id}
      onClick={() => void claim(token, id)}
    >
      {t("coupons_claim")}
    </SendButton>
  );
}

function ReleaseRow({ release }: { release: Release }) {
  const { kind, word } = PHASES[phaseAt(release, clock.value)]();
  return (
    <a class="list-card" href={`#coupons/${release.release_id}`}>
      <strong>{release.title}</strong>
      <span>{release.mode === "grab" ? t("coupons_by_grab") : t("coupons_by_draw")}</span>
      <span class="quiet">
        {t("coupons_opens")} {dayAndTimeOf(release.opens_at)}
      </span>
      <span class="list-card-foot">
        <Chip kind={kind}>{word}</Chip>
        {release.coupon_state === null ? null : (
          <span>{STATES[release.coupon_state]().word}</span>
        )}
      </span>
    </a>
  );
}

/** One release: its countdown by the service's clock, the one button, and what came of it. */
function ReleasePage({ token, id }: { token: string; id: string }) {
  const list = releases.heard.value?.value.items ?? null;
  const release = list?.find((each) => each.release_id === id);
  return (
    <section class="panel flat">
      <a class="back" href="#coupons">
        <span aria-hidden="true">‹ </span>
        {t("coupons_back")}
      </a>
      <Heading>{release?.title ?? t("coupons_title")}</Heading>
      <ListProblem list={releases} onRetry={() => void load(token)} />
      {list === null && releases.loading.value ? <Waiting>{t("coupons_loading")}</Waiting> : null}
      {list !== null && release === undefined ? <p>{t("coupons_gone_release")}</p> : null}
      {release === undefined ? null : <Shown token={token} release={release} />}
    </section>
  );
}

function Shown({ token, release }: { token: string; release: Release }) {
  const phase = phaseAt(release, clock.value);
  const { kind, word } = PHASES[phase]();
  return (
    <>
      <p>
        <Chip kind={kind}>{word}</Chip>
      </p>
      <Countdown release={release} />
      <Outcome token={token} release={release} />
      <Taking token={token} release={release} />
      <div class="list-card">
        <p>{release.mode === "grab" ? t("coupons_by_grab") : t("coupons_by_draw")}</p>
        <dl class="facts">
          <Fact label={t("coupons_opens")}>{exactly(release.opens_at)}</Fact>
          <Fact label={t("coupons_closes")}>{dayAndTimeOf(release.closes_at)}</Fact>
          <Fact label={t("coupons_days")}>{release.use_within_days}</Fact>
          {release.seed_source === null || release.seed_known_at === null ? null : (
            <>
              <Fact label={t("coupons_seed")}>{release.seed_source}</Fact>
              <Fact label={t("coupons_seed_from")}>{dayAndTimeOf(release.seed_known_at)}</Fact>
            </>
          )}
        </dl>
        <p>{t("coupons_pieces", { pieces: release.pieces })}</p>
        {release.reserve_pieces === 0 ? null : (
          <p>{t("coupons_reserve", { reserve: release.reserve_pieces })}</p>
        )}
        {release.mode === "grab" ? null : (
          <p>
            <a href={`/draws/${release.release_id}`}>{t("coupons_public")}</a>
          </p>
        )}
      </div>
    </>
  );
}

/** "2026-11-24 10:00:00": to the second, for it is one. */
function exactly(written: string): string {
  const moment = Date.parse(written);
  return `${dayOf(moment)} ${timeOf(moment)}`;
}

function Fact({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Countdown({ release }: { release: Release }) {
  const now = clock.value;
  const phase = phaseAt(release, now);
  if (phase !== "announced" && phase !== "open") return null;
  return (
    <div class="countdown" role="timer" aria-live="off">
      <strong>
        {phase === "announced"
          ? t("coupons_opens_in", { time: remaining(release.opens_at, now) })
          : t("coupons_closes_in", { time: remaining(release.closes_at, now) })}
      </strong>
      <span class="quiet">{t("coupons_clock", { time: timeOf(now) })}</span>
    </div>
  );
}

/** What this member has of the release: the answer that can be opened again at any time. */
function Outcome({ token, release }: { token: string; release: Release }) {
  const { coupon_id, coupon_state, coupon_until, entry_code, entry_rank } = release;
  if (coupon_id !== null && coupon_state !== null && coupon_until !== null) {
    const isGood = coupon_state === "live" || coupon_state === "offered";
    return (
      <>
        <Note kind={isGood ? "yes" : "wait"}>
          <p>
            {coupon_state === "offered"
              ? t("coupons_won")
              : isGood
                ? t("coupons_got")
                : STATES[coupon_state]().word}
          </p>
          <Until state={coupon_state} until={coupon_until} />
        </Note>
        {coupon_state === "offered" ? <Claim token={token} id={coupon_id} /> : null}
      </>
    );
  }
  if (entry_rank !== null) {
    return <Note kind="wait">{t("coupons_not_won", { rank: entry_rank })}</Note>;
  }
  if (entry_code === null) return null;
  return <Note kind="yes">{t("coupons_entered", { code: entry_code })}</Note>;
}

function Taking({ token, release }: { token: string; release: Release }) {
  const phase = phaseAt(release, clock.value);
  const problem = refused.value?.of === release.release_id ? refused.value.problem : null;
  const isIn = release.coupon_id !== null || release.entry_code !== null;
  if (isIn || (phase !== "announced" && phase !== "open")) return null;
  if (!release.eligible) {
    return (
      <div class="why-not">
        <p>{release.reason_text}</p>
        <p>{release.next_step}</p>
      </div>
    );
  }
  const busy = busyWith.value === release.release_id;
  const isGone = release.is_gone && phase === "open";
  return (
    <>
      {isGone ? <Note kind="wait">{t("coupons_all_gone_why")}</Note> : null}
      {problem === null ? null : <ProblemNote problem={problem} />}
      {phase === "announced" ? <p>{t("coupons_eligible")}</p> : null}
      {busy ? <Waiting>{t("coupons_asking")}</Waiting> : null}
      <SendButton
        type="button"
        busy={busy}
        disabled={phase === "announced"}
        onClick={() => void ask(token, release)}
      >
        {release.mode === "grab" ? t("coupons_grab") : t("coupons_enter")}
      </SendButton>
    </>
  );
}
