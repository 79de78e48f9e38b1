/** The text of a QR code in a camera's picture: by the browser where it can, else by zxing. */

/** The first code in the picture that `video` shows now, or null. */
export type ReadFrame = (video: HTMLVideoElement) => Promise<string | null>;

/** As browsers have it (Shape Detection API); TypeScript does not know it. */
interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}
interface DetectorMaker {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}

const QR = "qr_code";

export async function readerOfFrames(): Promise<ReadFrame> {
  const own = (globalThis as { BarcodeDetector?: DetectorMaker }).BarcodeDetector;
  // Some systems have the interface and nothing behind it.
  const formats = (await own?.getSupportedFormats().catch(() => [])) ?? [];
  if (own !== undefined && formats.includes(QR)) {
    const detector = new own({ formats: [QR] });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
  }
  const { readQr } = await import("./zxing");
  return async (video) => readQr(frameOf(video));
}

const canvas = document.createElement("canvas");

function frameOf(video: HTMLVideoElement): ImageData {
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const drawing = canvas.getContext("2d", { willReadFrequently: true });
  if (drawing === null) throw new Error("no canvas");
  drawing.drawImage(video, 0, 0);
  return drawing.getImageData(0, 0, canvas.width, canvas.height);
}
