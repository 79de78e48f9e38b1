/** What a clerk hears and feels without looking: yes and no are told apart with closed eyes. */
import { signal } from "@preact/signals";
import type { Kind } from "../shared/ui";

/** One tone: its pitch in hertz, when it begins and how long it sounds, in seconds. */
interface Tone {
  pitch: number;
  from: number;
  long: number;
  wave: OscillatorType;
}

const TONES: Record<Kind, Tone[]> = {
  // Two rising, short: it is good.
  yes: [
    { pitch: 880, from: 0, long: 0.09, wave: "sine" },
    { pitch: 1318.5, from: 0.1, long: 0.16, wave: "sine" },
  ],
  // Two at one height: look closer.
  wait: [
    { pitch: 659.3, from: 0, long: 0.12, wave: "triangle" },
    { pitch: 659.3, from: 0.18, long: 0.12, wave: "triangle" },
  ],
  // One low and long: no.
  no: [{ pitch: 174.6, from: 0, long: 0.5, wave: "sawtooth" }],
};
const BUZZES: Record<Kind, number[]> = { yes: [80], wait: [80, 80, 80], no: [400] };
const LOUD = 0.25;
const FADE_SECONDS = 0.02;
const KEPT_AS = "union-card-till-silent";

export const isSilent = signal(readSilent());

function readSilent(): boolean {
  try {
    return localStorage.getItem(KEPT_AS) !== null;
  } catch {
    return false;
  }
}

export function beSilent(silent: boolean): void {
  isSilent.value = silent;
  try {
    if (silent) localStorage.setItem(KEPT_AS, "yes");
    else localStorage.removeItem(KEPT_AS);
  } catch {
    // Then it is chosen again at the next opening.
  }
}

let audio: AudioContext | null = null;

/** Browsers let a page sound only after a first touch: have it ready by then. */
export function readySounds(): void {
  for (const kind of ["pointerdown", "keydown"]) {
    addEventListener(kind, () => void ready(), { capture: true });
  }
}

async function ready(): Promise<AudioContext | null> {
  if (!("AudioContext" in globalThis)) return null;
  audio ??= new AudioContext();
  if (audio.state === "suspended") await audio.resume().catch(() => undefined);
  return audio;
}

/** Say an answer by sound and by vibration. */
export function tell(kind: Kind): void {
  if (isSilent.value) return;
  // iPhones have no vibration for pages.
  if ("vibrate" in navigator) navigator.vibrate(BUZZES[kind]);
  if (audio !== null && audio.state === "running") sound(audio, TONES[kind]);
}

function sound(on: AudioContext, tones: Tone[]): void {
  for (const { pitch, from, long, wave } of tones) {
    const begins = on.currentTime + from;
    const volume = on.createGain();
    volume.gain.setValueAtTime(0, begins);
    // Cut off at once, a tone clicks.
    volume.gain.linearRampToValueAtTime(LOUD, begins + FADE_SECONDS);
    volume.gain.setValueAtTime(LOUD, begins + long - FADE_SECONDS);
    volume.gain.linearRampToValueAtTime(0, begins + long);
    const tone = on.createOscillator();
    tone.type = wave;
    tone.frequency.value = pitch;
    tone.connect(volume).connect(on.destination);
    tone.start(begins);
    tone.stop(begins + long);
  }
}
