import { render } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../shared/i18n";
import { keepPage } from "../shared/kept-page";
import { lazy } from "../shared/lazy";
import { placeAmong, Tabs } from "../shared/tabs";
import { Waiting } from "../shared/ui";
import { TILL } from "../worker/store";
import { AmountScreen } from "./amount-screen";
import { attendance } from "./attendance";
import { followBack } from "./back";
import { readySounds } from "./feedback";
import { ImpossibleScreen, PairedAlready, PairScreen } from "./pair-screen";
import { followLinks } from "./pairing-link";
import { type Step, step } from "./sale";
import {
  OffersScreen,
  ReceiptScreen,
  RefusedScreen,
  SendingScreen,
  UnansweredScreen,
  VerdictScreen,
  VerifyingScreen,
} from "./sale-screens";
import { ScanScreen } from "./scan-screen";
import type { Pairing } from "./service";
import { StatementsScreen } from "./statements-screen";
import { paired, start } from "./till";
import { TillScreen } from "./till-screen";
import { TodayScreen } from "./today-screen";

const ServiceScreen = lazy(() => import("./service-screen").then((m) => m.ServiceScreen));
const QuestionScreen = lazy(() => import("./question-screen").then((m) => m.QuestionScreen));

function App() {
  const now = paired.value;
  switch (now.name) {
    case "starting":
      return (
        <main>
          <Waiting>{t("opening")}</Waiting>
        </main>
      );
    case "impossible":
      return (
        <main>
          <ImpossibleScreen sentence={now.sentence} />
        </main>
      );
    case "not_paired":
      return (
        <main>
          <PairScreen />
        </main>
      );
    case "paired":
      return <Till pairing={now.pairing} />;
  }
}

const PLACES = ["scan", "check", "today", "statements", "till"] as const;

// Steps in which a clerk must not stray: the screen is theirs alone.
const BARE = new Set<Step["name"]>([
  "verifying",
  "verdict",
  "offers",
  "question",
  "amount",
  "sending",
  "unanswered",
]);

// What a service site's door shows for a moment, and nothing beside it.
const SHOWN = new Set<typeof attendance.value.name>(["taken", "refused"]);
const SERVICE_SITE = "service_site";

function Till({ pairing }: { pairing: Pairing }) {
  const place = placeAmong(PLACES);
  const isService = pairing.kind === SERVICE_SITE;
  // At a merchant's, checking a card is what the first place is for.
  const isSale = place === "check" || (place === "scan" && !isService);
  const isBare = isSale
    ? BARE.has(step.value.name)
    : place === "scan" && SHOWN.has(attendance.value.name);
  useEffect(() => {
    document.body.classList.toggle("bare", isBare);
  }, [isBare]);
  return (
    <>
      <main>
        <PairedAlready site={pairing.site} />
        <Place pairing={pairing} place={place} />
      </main>
      {isBare ? null : (
        <Tabs
          label={t("till_tabs")}
          now={isSale ? (isService ? "check" : "scan") : place}
          tabs={[
            ...(isService ? [{ place: "scan", icon: "☑", label: t("tab_service") }] : []),
            { place: isService ? "check" : "scan", icon: "▣", label: t("tab_scan") },
            { place: "today", icon: "☰", label: t("tab_today") },
            ...(isService
              ? []
              : [{ place: "statements", icon: "¥", label: t("tab_statements") }]),
            { place: "till", icon: "⚙", label: t("tab_till") },
          ]}
        />
      )}
    </>
  );
}

function Place({ pairing, place }: { pairing: Pairing; place: (typeof PLACES)[number] }) {
  if (place === "today") return <TodayScreen token={pairing.token} />;
  if (place === "statements") return <StatementsScreen token={pairing.token} />;
  if (place === "till") return <TillScreen pairing={pairing} />;
  if (place === "scan" && pairing.kind === SERVICE_SITE) return <ServiceScreen pairing={pairing} />;
  return <Sale pairing={pairing} now={step.value} />;
}

function Sale({ pairing, now }: { pairing: Pairing; now: Step }) {
  const { token } = pairing;
  switch (now.name) {
    case "scan":
      return <ScanScreen pairing={pairing} now={now} />;
    case "verifying":
      return <VerifyingScreen />;
    case "verdict":
      return <VerdictScreen {...now} />;
    case "offers":
      return <OffersScreen token={token} now={now} />;
    case "question":
      return <QuestionScreen token={token} now={now} />;
    case "amount":
      return <AmountScreen token={token} chosen={now} />;
    case "sending":
      return <SendingScreen {...now} />;
    case "unanswered":
      return <UnansweredScreen token={token} now={now} />;
    case "refused":
      return <RefusedScreen now={now} />;
    case "receipt":
      return <ReceiptScreen {...now} />;
  }
}

const root = document.getElementById("app");
if (root !== null) {
  root.replaceChildren();
  followLinks();
  followBack();
  readySounds();
  render(<App />, root);
  void start();
  void keepPage(TILL);
}
