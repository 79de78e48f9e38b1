// What a paper may weigh for the service; a photo above the lower bound is made smaller first.
export const PAPER_BYTES_MAX = 5 * 1024 * 1024;
const SHRINK_FROM_BYTES = 1024 * 1024;
// An A4 page at about 200 points per inch: small print stays legible.
const SIDE_PIXELS_MAX = 2_400;
const QUALITY = 0.85;

/** The photo small enough for a mobile network; whatever is no photo, or small, as it is. */
export async function shrunk(file: File): Promise<Blob> {
  if (!file.type.startsWith("image/") || file.size <= SHRINK_FROM_BYTES) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, SIDE_PIXELS_MAX / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const brush = canvas.getContext("2d");
    if (brush === null) return file;
    brush.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const made = await new Promise<Blob | null>((resolve) =>
      canvas.toBlob(resolve, "image/jpeg", QUALITY),
    );
    return made !== null && made.size < file.size ? made : file;
  } catch {
    // No picture that this browser can read: the service says what it takes.
    return file;
  }
}
