import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type ReadFrame, readerOfFrames } from "./camera-reader";
import { t } from "./i18n";
import { Note, Waiting } from "./ui";

/** `refused` by whoever holds the phone, `taken` by another program, or not there at all. */
type State = "starting" | "on" | "refused" | "taken" | "missing";

const BETWEEN_FRAMES_MS = 100;
/** So long must a code be out of sight before it counts as shown again. */
const GONE_AFTER_MS = 1_000;
const WANTED: MediaStreamConstraints = {
  video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
};
// By the names that browsers give (Media Capture and Streams, 10.2.1).
const FAILURES: Record<string, State> = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotReadableError: "taken",
  AbortError: "taken",
};

/** What TypeScript does not know of a camera's track: its lamp. */
type TorchConstraint = MediaTrackConstraintSet & { torch: boolean };

interface Seeing {
  onText: (text: string) => void;
  /** A code that was dealt with: not reported again until it has been out of sight. */
  skip?: string | null;
}

/** What the camera sees, and `onText` for each QR code that comes before it, once. */
export function Camera({ onText, skip = null }: Seeing) {
  const video = useRef<HTMLVideoElement>(null);
  const state = useSignal<State>("starting");
  const lamp = useSignal<MediaStreamTrack | null>(null);
  const attempt = useSignal(0);
  const heard = useRef(onText);
  heard.current = onText;
  useEffect(() => {
    const shown = video.current;
    if (shown === null) return undefined;
    state.value = "starting";
    const watching = new AbortController();
    const again = () => {
      attempt.value += 1;
    };
    const seeing = { onText: (text: string) => heard.current(text), skip };
    look(shown, watching.signal, seeing, again).then(
      (track) => {
        state.value = "on";
        lamp.value = hasTorch(track) ? track : null;
      },
      (error: unknown) => {
        if (!watching.signal.aborted) state.value = stateAfter(error);
      },
    );
    // A page that nobody looks at must not film; a phone takes its camera away then, besides.
    const turn = () => {
      if (document.visibilityState === "visible") again();
      else watching.abort();
    };
    document.addEventListener("visibilitychange", turn);
    return () => {
      document.removeEventListener("visibilitychange", turn);
      watching.abort();
      lamp.value = null;
    };
  }, [attempt.value]);
  return (
    <div class={`camera ${state.value}`}>
      <video ref={video} muted playsInline hidden={state.value !== "on"} aria-label={t("camera")} />
      {state.value === "on" ? <span class="aim" aria-hidden="true" /> : null}
      {state.value === "starting" ? <Waiting>{t("camera_starting")}</Waiting> : null}
      <Sorry state={state.value} onAgain={() => void (attempt.value += 1)} />
      {lamp.value === null ? null : <Torch track={lamp.value} />}
    </div>
  );
}

function Sorry({ state, onAgain }: { state: State; onAgain: () => void }) {
  if (state === "on" || state === "starting") return null;
  return (
    <Note kind="wait">
      {state === "refused" ? <p>{t("camera_refused")}</p> : null}
      {state === "taken" ? <p>{t("camera_taken")}</p> : null}
      {state === "missing" ? <p>{t("camera_missing")}</p> : null}
      <button type="button" class="plain" onClick={onAgain}>
        {t("camera_again")}
      </button>
    </Note>
  );
}

function Torch({ track }: { track: MediaStreamTrack }) {
  const isLit = useSignal(false);
  return (
    <button
      type="button"
      class="torch plain"
      aria-pressed={isLit.value}
      onClick={async () => {
        const wanted: TorchConstraint = { torch: !isLit.value };
        // Some phones list a lamp and cannot light it while they film.
        await track.applyConstraints({ advanced: [wanted] }).then(
          () => {
            isLit.value = wanted.torch;
          },
          () => undefined,
        );
      }}
    >
      <span aria-hidden="true">☀</span> {t("torch")}
    </button>
  );
}

function hasTorch(track: MediaStreamTrack): boolean {
  // Firefox knows no capabilities.
  const can = track.getCapabilities?.() as { torch?: boolean } | undefined;
  return can?.torch === true;
}

function stateAfter(error: unknown): State {
  return (error instanceof DOMException ? FAILURES[error.name] : undefined) ?? "missing";
}

/**
 * Show the camera in `video` and read on until `signal`; `onEnd` when the camera goes away by
 * itself. Rejects where there is none.
 */
async function look(
  video: HTMLVideoElement,
  signal: AbortSignal,
  seeing: Seeing,
  onEnd: () => void,
): Promise<MediaStreamTrack> {
  // Absent where the page came over plain HTTP from another machine.
  if (navigator.mediaDevices === undefined) throw new Error("no camera");
  const reading = readerOfFrames();
  const stream = await navigator.mediaDevices.getUserMedia(WANTED);
  const stop = () => {
    for (const track of stream.getTracks()) track.stop();
  };
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();
  signal.throwIfAborted();
  const [track] = stream.getVideoTracks();
  if (track === undefined) throw new Error("no picture");
  track.addEventListener("ended", onEnd);
  video.srcObject = stream;
  await video.play();
  void readOn(video, await reading, signal, seeing);
  return track;
}

async function readOn(
  video: HTMLVideoElement,
  read: ReadFrame,
  signal: AbortSignal,
  { onText, skip = null }: Seeing,
): Promise<void> {
  let last = skip;
  let lastAt = performance.now();
  while (!signal.aborted) {
    // One frame that cannot be read is nothing: the next comes at once.
    const text = await read(video).catch(() => null);
    if (signal.aborted) return;
    const now = performance.now();
    if (text === last) {
      if (text !== null) lastAt = now;
    } else if (text !== null) {
      last = text;
      lastAt = now;
      onText(text);
    } else if (now - lastAt > GONE_AFTER_MS) {
      last = null;
    }
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_FRAMES_MS));
  }
}
