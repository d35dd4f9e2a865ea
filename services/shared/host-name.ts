import { z } from 'zod';

/** A host name or an IPv4 address, and nothing that would change the rest of a URL. */
export const hostName = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9][A-Za-z0-9.-]*$/, 'must be a host name of letters, digits, points and dashes');
