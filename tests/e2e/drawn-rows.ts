import type { Page } from 'playwright-core';

/** The part of the app in which rows scroll. */
export const rowBox = '.items .window';

/**
 * Looks, in each frame while `work` goes on, whether rows with words in them cover all of the list that is in view; gives what was
 * blank. Scroll events are told before a frame's callbacks, so what they see is what the page has for that frame.
 */
export async function blankFrames(
  page: Page,
  work: () => Promise<void>,
): Promise<{ readonly frames: number; readonly blank: readonly string[] }> {
  const watch = await page.evaluateHandle((selector) => {
    const seen = { frames: 0, blank: [] as string[], isOver: false };
    const look = (): void => {
      if (seen.isOver) return;
      const box = document.querySelector(selector);
      if (box !== null) {
        seen.frames += 1;
        const view = box.getBoundingClientRect();
        const end = Math.min(view.bottom, view.top + box.scrollHeight - box.scrollTop);
        const rows = [...box.querySelectorAll('[data-index]')]
          .filter((row) => row.textContent !== '')
          .map((row) => row.getBoundingClientRect())
          .sort((a, b) => a.top - b.top);
        let covered = view.top;
        for (const { top, bottom } of rows) if (top <= covered + 1) covered = Math.max(covered, bottom);
        if (covered < end - 1) seen.blank.push(`at ${box.scrollTop}: from ${covered} to ${end}`);
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    return seen;
  }, rowBox);
  await work();
  return watch.evaluate((seen) => {
    seen.isOver = true;
    return { frames: seen.frames, blank: seen.blank };
  });
}

/**
 * What the screen showed while `work` went on: frames as they were presented, which a browser that scrolls beside the page's own thread
 * may do before the page has drawn. Each is judged in an empty page; gives how many there were, and in how many of them a stretch of the
 * list as high as a row was of one colour.
 */
export async function presentedFrames(
  page: Page,
  rowHeight: number,
  work: () => Promise<void>,
): Promise<{ readonly frames: number; readonly blank: number }> {
  const rect = await page.locator(rowBox).boundingBox();
  if (rect === null) throw new Error('There is no list on the screen');
  const width = page.viewportSize()?.width ?? 1280;
  const session = await page.context().newCDPSession(page);
  const pictures: string[] = [];
  session.on('Page.screencastFrame', ({ data, sessionId }) => {
    pictures.push(data);
    // The page may have ended the recording meanwhile.
    session.send('Page.screencastFrameAck', { sessionId }).catch(() => {});
  });
  await session.send('Page.startScreencast', { format: 'jpeg', quality: 60, everyNthFrame: 4 });
  await work();
  await session.send('Page.stopScreencast');
  await session.detach();
  const judge = await page.context().newPage();
  let blank = 0;
  for (const data of pictures) {
    const contrast = await judge.evaluate(
      async ({ picture, box, pageWidth, height }) => {
        const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
        const image = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }));
        const canvas = new OffscreenCanvas(image.width, image.height);
        const drawing = canvas.getContext('2d');
        if (drawing === null) throw new Error('No canvas');
        drawing.drawImage(image, 0, 0);
        const scale = image.width / pageWidth;
        let least = 255;
        for (let y = box.y; y + height <= box.y + box.height; y += height / 2) {
          const area = [box.x + 60, y, 250, height].map((at) => Math.round(at * scale));
          const [left = 0, top = 0, across = 1, down = 1] = area;
          const { data: pixels } = drawing.getImageData(left, top, across, down);
          let darkest = 255;
          let lightest = 0;
          for (let at = 0; at < pixels.length; at += 4) {
            darkest = Math.min(darkest, pixels[at] ?? 0);
            lightest = Math.max(lightest, pixels[at] ?? 0);
          }
          least = Math.min(least, lightest - darkest);
        }
        return least;
      },
      { picture: data, box: rect, pageWidth: width, height: rowHeight },
    );
    // Words on paper differ from it by far more.
    if (contrast < 60) blank += 1;
  }
  await judge.close();
  return { frames: pictures.length, blank };
}
