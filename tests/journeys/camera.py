"""What the camera of a till sees in the journeys, and when the page saw it."""

import io
import shutil
from contextlib import contextmanager

import qrcode
from PIL import Image

from tools.browser import NAMES

FRAME = (1280, 720)
# When a picture of the camera was first there, and when the answer was; in milliseconds.
WATCH = """
  addEventListener("loadeddata", event => {
    if (event.target.tagName === "VIDEO") window.framed = performance.now();
  }, true);
  new MutationObserver(() => {
    if (window.framed && document.querySelector(".verdict")) window.ticked ??= performance.now();
  }).observe(document, {childList: true, subtree: true});
"""
# What the till does for ears and hands, written down instead of done.
LISTEN = """
  window.felt = [];
  navigator.vibrate = pattern => window.felt.push(pattern.join());
  window.heard = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) {
    window.heard.push(this.frequency.value);
    return start.apply(this, when);
  };
"""


class Camera:
    """The file that Chromium films: opened again whenever a page asks for the camera."""

    def __init__(self, folder):
        self.file = folder / "seen.mjpeg"
        self.show_nothing()

    def show_nothing(self):
        self.show(Image.new("RGB", FRAME, "gray"))

    def show(self, picture):
        """Hold a picture before the camera: as high as the frame, in its middle."""
        width, height = FRAME
        picture = picture.convert("RGB")
        picture = picture.resize((picture.width * height // picture.height, height))
        frame = Image.new("RGB", FRAME, "gray")
        frame.paste(picture, ((width - picture.width) // 2, 0))
        jpeg = io.BytesIO()
        frame.save(jpeg, "JPEG", quality=90)
        unfinished = self.file.with_suffix(".new")
        unfinished.write_bytes(jpeg.getvalue() * 2)
        # A page may be filming: it must never open half a file.
        unfinished.replace(self.file)

    def show_code(self, text):
        self.show(qrcode.make(text, box_size=8).get_image())

    def show_screen(self, window):
        window.settle()
        self.show(Image.open(io.BytesIO(window.page.screenshot())))

    def options(self):
        return ["--use-fake-ui-for-media-stream", f"--use-file-for-fake-video-capture={self.file}"]


# A camera is there, and whoever holds the phone has said no to the page.
REFUSED = ["--use-fake-ui-for-media-stream=deny"]


@contextmanager
def browser_with(chromium, options):
    """Start a browser of its own: what it films, and whether it may, is said at the start."""
    path = next(filter(None, map(shutil.which, NAMES)))
    arguments = ["--use-fake-device-for-media-stream", *options]
    with chromium.browser_type.launch(executable_path=path, args=arguments) as browser:
        yield browser
