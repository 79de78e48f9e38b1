import { type ComponentType, render } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../shared/i18n";
import { keepPage, UpdateOffer } from "../shared/kept-page";
import { lazy } from "../shared/lazy";
import { placeAmong, Tabs } from "../shared/tabs";
import { Waiting } from "../shared/ui";
import { CARD } from "../worker/store";
import { CardScreen } from "./card-screen";
import { unreadBadge, watchNotices } from "./notices";
import { type Step, start, step } from "./session";
import { AskedStep, CodeStep, CorrectionStep, PhoneStep, RealNameStep } from "./sign-in";
import { followTypeSize } from "./type-size";

const LostElsewhere = lazy(() => import("./lost-elsewhere").then((m) => m.LostElsewhere));
const DevicesScreen = lazy(() => import("./devices-screen").then((m) => m.DevicesScreen));

function App() {
  const now = step.value;
  const isLost = placeAmong(["card", "lost-elsewhere"]) === "lost-elsewhere";
  if (now.name === "in") return <SignedIn token={now.token} />;
  return (
    <main>
      <UpdateOffer />
      {isLost ? <LostElsewhere /> : <WayIn now={now} />}
    </main>
  );
}

function WayIn({ now }: { now: Exclude<Step, { name: "in" }> }) {
  switch (now.name) {
    case "starting":
      return <Waiting>{t("opening")}</Waiting>;
    case "phone":
      return <PhoneStep {...now} />;
    case "code":
      return <CodeStep {...now} />;
    case "real_name":
      return <RealNameStep {...now} />;
    case "correction":
      return <CorrectionStep {...now} />;
    case "asked":
      return <AskedStep />;
  }
}

const AidScreen = lazy(() => import("./aid/screen").then((m) => m.AidScreen));
const TrainingScreen = lazy(() => import("./training/screen").then((m) => m.TrainingScreen));
const QuestionScreen = lazy(() => import("./question-screen").then((m) => m.QuestionScreen));

const BenefitsScreen = lazy(() => import("./benefits/screen").then((m) => m.BenefitsScreen));
const CouponsScreen = lazy(() => import("./coupons/screen").then((m) => m.CouponsScreen));
const RecordsScreen = lazy(() => import("./records-screen").then((m) => m.RecordsScreen));
const MeScreen = lazy(() => import("./me-screen").then((m) => m.MeScreen));
const DataScreen = lazy(() => import("./data/screen").then((m) => m.DataScreen));
const NoticesScreen = lazy(() => import("./notices-screen").then((m) => m.NoticesScreen));

/**
 * What stands behind each place of the address (`#records`). A place that is not a tab belongs to
 * the tab named beside it, which stays marked while one is there.
 */
const PLACES: Record<string, { tab: string; Screen: ComponentType<{ token: string }> }> = {
  card: { tab: "card", Screen: CardScreen },
  question: { tab: "card", Screen: QuestionScreen },
  benefits: { tab: "benefits", Screen: BenefitsScreen },
  coupons: { tab: "benefits", Screen: CouponsScreen },
  records: { tab: "records", Screen: RecordsScreen },
  me: { tab: "me", Screen: MeScreen },
  data: { tab: "me", Screen: DataScreen },
  notices: { tab: "me", Screen: NoticesScreen },
  devices: { tab: "me", Screen: DevicesScreen },
  aid: { tab: "me", Screen: AidScreen },
  training: { tab: "me", Screen: TrainingScreen },
};

function SignedIn({ token }: { token: string }) {
  const place = placeAmong(["card", ...Object.keys(PLACES)]);
  useEffect(() => watchNotices(token), [token]);
  const here = PLACES[place];
  if (here === undefined) return null;
  return (
    <>
      <main>
        <UpdateOffer />
        <here.Screen key={place} token={token} />
      </main>
      <Tabs
        label={t("card_tabs")}
        now={here.tab}
        badges={{ me: unreadBadge() }}
        tabs={[
          { place: "card", icon: "▣", label: t("tab_card") },
          { place: "benefits", icon: "✦", label: t("tab_benefits") },
          { place: "records", icon: "☰", label: t("tab_records") },
          { place: "me", icon: "☺", label: t("tab_me") },
        ]}
      />
    </>
  );
}

const root = document.getElementById("app");
if (root !== null) {
  followTypeSize();
  root.replaceChildren();
  render(<App />, root);
  void start();
  void keepPage(CARD);
}
