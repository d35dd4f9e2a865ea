import { z } from 'zod';

/** AWS lets a resource have 50 tags. The stacks and EKS add some. */
const MOST_TAGS = 40;

const key = z
  .string()
  .regex(/^[\w .:/=+@-]{1,128}$/, 'must have 1 to 128 letters, digits, spaces or _.:/=+-@')
  .refine((text) => !/^aws:/i.test(text), 'must not begin with aws:, which AWS keeps for itself')
  .refine((text) => text !== 'application', 'must not be application: the stacks set this tag');

const value = z
  .string()
  .regex(/^[\w .:/=+@-]{0,256}$/, 'must have at most 256 letters, digits, spaces or _.:/=+-@');

/** Tags of every resource. */
export const tagSettings = z
  .record(key, value)
  .refine((tags) => Object.keys(tags).length <= MOST_TAGS, `must not be more than ${MOST_TAGS}`)
  .default({})
  .describe('Tags of every resource.');
