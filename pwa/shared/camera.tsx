import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type ReadFrame, readerOfFrames } from "./camera-reader";
import { t } from "./i18n";
import { Note, Waiting } from "./ui";

type State = "starting" | "on" | "refused" | "missing";

const BETWEEN_FRAMES_MS = 120;
const WANTED: MediaStreamConstraints = {
  video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
};

/** What the camera sees, and `onText` for each QR code that comes before it, once. */
export function Camera({ onText }: { onText: (text: string) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const state = useSignal<State>("starting");
  const heard = useRef(onText);
  heard.current = onText;
  useEffect(() => {
    const watching = new AbortController();
    void look(video.current, watching.signal, (text) => heard.current(text)).then(
      () => {
        state.value = "on";
      },
      (error: unknown) => {
        state.value = isRefusal(error) ? "refused" : "missing";
      },
    );
    return () => watching.abort();
  }, []);
  return (
    <div class="camera">
      <video ref={video} muted playsInline hidden={state.value !== "on"} aria-label={t("camera")} />
      {state.value === "starting" ? <Waiting>{t("camera_starting")}</Waiting> : null}
      {state.value === "refused" ? <Note kind="wait">{t("camera_refused")}</Note> : null}
      {state.value === "missing" ? <Note kind="wait">{t("camera_missing")}</Note> : null}
    </div>
  );
}

function isRefusal(error: unknown): boolean {
  return error instanceof DOMException && error.name === "NotAllowedError";
}

/** Show the camera in `video` and read on until `signal`. Rejects where there is no camera. */
async function look(
  video: HTMLVideoElement | null,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<void> {
  // Absent where the page came over plain HTTP from another machine.
  if (video === null || navigator.mediaDevices === undefined) throw new Error("no camera");
  const stream = await navigator.mediaDevices.getUserMedia(WANTED);
  const stop = () => {
    for (const track of stream.getTracks()) track.stop();
  };
  signal.addEventListener("abort", stop);
  if (signal.aborted) return stop();
  video.srcObject = stream;
  await video.play();
  const read = await readerOfFrames();
  void readOn(video, read, signal, onText);
}

async function readOn(
  video: HTMLVideoElement,
  read: ReadFrame,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<void> {
  let last = "";
  while (!signal.aborted) {
    // One frame that cannot be read is nothing: the next comes at once.
    const text = await read(video).catch(() => null);
    if (signal.aborted) return;
    if (text !== null && text !== last) {
      last = text;
      onText(text);
    }
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_FRAMES_MS));
  }
}
