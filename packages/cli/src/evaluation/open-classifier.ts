import { models, type OpenedCheckpoint, openCheckpoint, TenfoldError } from 'tenfold';

/**
 * Opens a checkpoint whose network tells what an image shows.
 *
 * @throws TenfoldError if it says what each pixel shows, which no command can draw or measure yet; and as `openCheckpoint`.
 */
export async function openClassifier(file: string): Promise<OpenedCheckpoint> {
  const checkpoint = await openCheckpoint(file);
  const { modelName, model } = checkpoint;
  if (models.find(modelName).task !== 'segmentation') return checkpoint;
  model.dispose();
  throw new TenfoldError(
    `${file} holds ${modelName}, which gives a class for each pixel, not for each image; use openCheckpoint of the library.`,
    { file, model: modelName },
  );
}
