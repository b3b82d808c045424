// Images as other libraries want them: channels before rows. Conversions are outside of what is timed.

/** [N, H, W, C] to [N, C, H, W]. */
export function channelsFirst(numbers, [batch, height, width, channels]) {
  const pixels = height * width;
  const made = new numbers.constructor(numbers.length);
  for (let n = 0; n < batch; n++) {
    const image = n * pixels * channels;
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let c = 0; c < channels; c++) {
        made[image + c * pixels + pixel] = numbers[image + pixel * channels + c];
      }
    }
  }
  return made;
}

/** [N, C, H, W] to [N, H, W, C], given the latter shape. */
export function channelsLast(numbers, [batch, height, width, channels]) {
  return channelsFirst(numbers, [batch, channels, 1, height * width]);
}

export const firstShape = ([batch, height, width, channels]) => [batch, channels, height, width];

/** The zeros behind the last row and column that the windows reach; negative where they do not reach so far. */
export function paddingAfter(record) {
  const along = (axis, before) =>
    (record[`out${axis}`] - 1) * record[`stride${axis}`] +
    record[`dilation${axis}`] * (record[`kernel${axis}`] - 1) +
    1 -
    record[`in${axis}`] -
    before;
  return { bottom: along('Height', record.paddingTop), right: along('Width', record.paddingLeft) };
}
