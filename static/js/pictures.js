// Makes a photo smaller, and looks whether it can be read. Where the browser cannot, or without
// this, it is sent as it is.
const LONG_SIDE = 2500; // pixels, at which the letters of a photographed page can be read
const SMALL = 450_000; // bytes
// JPEG's own scale; at the lowest, letters still have clean edges.
const QUALITIES = [0.8, 0.7, 0.6];

// Return what to send for `file`, a small picture of it, and the names of what is wrong with it.
async function prepared(file) {
  if (!/^image\/|\.hei[cf]$/i.test(file.type || file.name) || !isTruthful()) {
    return { file, faults: [] };
  }
  // Browsers that do not know this option refuse it, instead of laying a photo on its side.
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const canvas = drawn(bitmap, LONG_SIDE);
  const isLarge = Math.min(bitmap.width, bitmap.height) >= 800;
  bitmap.close();
  // Screenshots and scans, whose surfaces are even, are not blurred by a hand or dark by a room.
  const isPhoto = isLarge && file.type !== "image/png";
  return {
    file: file.size > SMALL ? await smaller(file, canvas) : file,
    thumbnail: drawn(canvas, 128),
    faults: isPhoto ? faultsOf(canvas) : [],
  };
}

// Some browsers that hide who somebody is give other colours back than were drawn.
function isTruthful() {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = "#c86432";
  context.fillRect(0, 0, 300, 150);
  const { data } = context.getImageData(0, 0, 300, 150);
  return data.every((value, index) => Math.abs(value - [200, 100, 50, 255][index % 4]) < 4);
}

function drawn(source, longSide) {
  const scale = Math.min(1, longSide / Math.max(source.width, source.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(source.width * scale));
  canvas.height = Math.max(1, Math.round(source.height * scale));
  // Drawn without the graphics card, the same photo becomes the same bytes each time.
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

async function smaller(file, canvas) {
  let best = file;
  for (const quality of QUALITIES) {
    const blob = await new Promise((then) => canvas.toBlob(then, "image/jpeg", quality));
    if (blob?.type !== "image/jpeg") {
      return file;
    }
    best = blob;
    if (blob.size <= SMALL) {
      break;
    }
  }
  return best.size < 0.8 * file.size ? new File([best], file.name, { type: best.type }) : file;
}

function faultsOf(canvas) {
  const half = grey(drawn(canvas, LONG_SIDE / 2));
  if (isDark(half)) {
    return ["dark"]; // everything looks blurred in the dark
  }
  const faults = { blurred: isBlurred(half), cutOff: isCutOff(grey(drawn(canvas, 96))) };
  return Object.keys(faults).filter((fault) => faults[fault]);
}

function grey(canvas) {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const values = new Uint8Array(width * height);
  for (let at = 0; at < values.length; at++) {
    values[at] = (77 * data[4 * at] + 150 * data[4 * at + 1] + 29 * data[4 * at + 2]) >> 8;
  }
  return { width, height, values };
}

// Even its brightest parts are dark: a light page on a dark table is not.
function isDark({ values }) {
  return quantile([...values.filter((_, index) => index % 64 === 0)], 0.95) < 70;
}

// How much of the contrast of a small square lies between pixels that are two apart: nearly all of
// it at a sharp edge. A hand that moves blurs one direction alone.
function isBlurred({ width, height, values }) {
  const SIDE = 32;
  const [across, down] = [[], []];
  for (let top = 0; top + SIDE <= height; top += SIDE) {
    for (let left = 0; left + SIDE <= width; left += SIDE) {
      let [low, high, dx, dy] = [255, 0, 0, 0];
      for (let y = top; y < top + SIDE; y++) {
        for (let at = y * width + left, end = at + SIDE; at < end; at++) {
          const value = values[at];
          low = Math.min(low, value);
          high = Math.max(high, value);
          if (at + 2 < end) {
            dx = Math.max(dx, Math.abs(value - values[at + 2]));
          }
          if (y + 2 < top + SIDE) {
            dy = Math.max(dy, Math.abs(value - values[at + 2 * width]));
          }
        }
      }
      // Without contrast there is nothing to be sharp.
      if (high - low > 48) {
        across.push(dx / (high - low));
        down.push(dy / (high - low));
      }
    }
  }
  return across.length > 20 && Math.min(quantile(across, 0.9), quantile(down, 0.9)) < 0.4;
}

// A light page on a darker ground leaves the picture at one side, or at two that meet. At more, it
// may well have been meant to fill the picture.
function isCutOff({ width, height, values }) {
  const { threshold, isClear } = split(values);
  if (!isClear) {
    return false;
  }
  const page = largest(width, height, (at) => values[at] > threshold);
  const share = page.cells.length / values.length;
  const box = (page.right - page.left + 1) * (page.bottom - page.top + 1);
  // A page has an edge on each side, and is not a window or a lamp.
  if (share < 0.2 || share > 0.95 || page.cells.length < 0.7 * box) {
    return false;
  }
  const inside = new Set(page.cells);
  const along = (count, cell) => {
    let cells = 0;
    for (let index = 0; index < count; index++) {
      cells += inside.has(cell(index));
    }
    return cells / count;
  };
  const [top, right, bottom, left] = [
    along(width, (x) => x),
    along(height, (y) => y * width + width - 1),
    along(width, (x) => (height - 1) * width + x),
    along(height, (y) => y * width),
  ].map((touched) => (touched > 0.2 ? 1 : touched > 0.05 ? NaN : 0));
  const [vertical, horizontal] = [top + bottom, left + right];
  return vertical < 2 && horizontal < 2 && vertical + horizontal > 0;
}

// The threshold between dark and light that leaves the least variance on both sides (Otsu's).
function split(values) {
  const counts = new Array(256).fill(0);
  values.forEach((value) => counts[value]++);
  const total = values.reduce((sum, value) => sum + value, 0);
  let [best, threshold, isClear, below, sum] = [0, 0, false, 0, 0];
  for (let value = 0; value < 255; value++) {
    below += counts[value];
    sum += value * counts[value];
    const gap = (total - sum) / (values.length - below) - sum / below;
    const between = below * (values.length - below) * gap * gap;
    if (between > best) {
      [best, threshold, isClear] = [between, value, gap > 70];
    }
  }
  return { threshold, isClear };
}

// The largest area that hangs together of the cells that are `light`.
function largest(width, height, light) {
  const seen = new Uint8Array(width * height);
  let found = { cells: [] };
  for (let start = 0; start < seen.length; start++) {
    const area = { cells: [], left: width, right: 0, top: height, bottom: 0 };
    const waiting = [start];
    while (waiting.length) {
      const at = waiting.pop();
      if (seen[at] || !light(at)) {
        continue;
      }
      seen[at] = 1;
      const [x, y] = [at % width, Math.floor(at / width)];
      area.cells.push(at);
      area.left = Math.min(area.left, x);
      area.right = Math.max(area.right, x);
      area.top = Math.min(area.top, y);
      area.bottom = Math.max(area.bottom, y);
      if (x > 0) waiting.push(at - 1);
      if (x < width - 1) waiting.push(at + 1);
      if (y > 0) waiting.push(at - width);
      if (y < height - 1) waiting.push(at + width);
    }
    if (area.cells.length > found.cells.length) {
      found = area;
    }
  }
  return found;
}

function quantile(values, share) {
  return values.sort((one, other) => one - other)[Math.floor(share * (values.length - 1))];
}
