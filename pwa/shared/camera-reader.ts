/** The text of a QR code in a camera's picture: by the browser where it can, else by zxing. */

/** The first code in the picture that `video` shows now, or null. */
export type ReadFrame = (video: HTMLVideoElement) => Promise<string | null>;

/** As browsers have it (Shape Detection API); TypeScript does not know it. */
interface Detector {
  detect(source: ImageData): Promise<{ rawValue: string }[]>;
}
interface DetectorMaker {
  new (options: { formats: ["qr_code"] }): Detector;
  getSupportedFormats(): Promise<readonly string[]>;
}

const QR = "qr_code";
// Ten dots of the camera for one of the longest code that fills the frame.
const SIDE_MAX = 720;

export async function readerOfFrames(): Promise<ReadFrame> {
  const detector = new (await detectorMaker())({ formats: [QR] });
  return async (video) => (await detector.detect(squareOf(video)))[0]?.rawValue ?? null;
}

async function detectorMaker(): Promise<DetectorMaker> {
  const own = (globalThis as { BarcodeDetector?: DetectorMaker }).BarcodeDetector;
  // Some systems have the interface and nothing behind it.
  const formats = (await own?.getSupportedFormats().catch(() => [])) ?? [];
  return own !== undefined && formats.includes(QR) ? own : (await import("./zxing")).BarcodeDetector;
}

const canvas = document.createElement("canvas");

/** The middle of the picture, which is what the page shows of it, no finer than is of use. */
function squareOf(video: HTMLVideoElement): ImageData {
  const seen = Math.min(video.videoWidth, video.videoHeight);
  const side = Math.min(seen, SIDE_MAX);
  canvas.width = side;
  canvas.height = side;
  const drawing = canvas.getContext("2d", { willReadFrequently: true });
  if (drawing === null) throw new Error("no canvas");
  const left = (video.videoWidth - seen) / 2;
  const top = (video.videoHeight - seen) / 2;
  drawing.drawImage(video, left, top, seen, seen, 0, 0, side, side);
  return drawing.getImageData(0, 0, side, side);
}
