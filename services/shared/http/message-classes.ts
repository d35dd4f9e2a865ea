import { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';

/** Classes of which Node makes the requests and answers of a server. */
export interface MessageClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/**
 * Classes whose objects have express's prototypes from the start. Express gives each request and answer another prototype,
 * which costs as much as its routing, and does nothing if the prototype is right already.
 */
export function messageClasses(app: Express): MessageClasses {
  class AppRequest extends IncomingMessage {}
  class AppResponse<Request extends IncomingMessage> extends ServerResponse<Request> {}
  app.request = between(AppRequest.prototype, app.request);
  app.response = between(AppResponse.prototype, app.response);
  return { IncomingMessage: AppRequest, ServerResponse: AppResponse };
}

/** `prototype`, which from now on inherits from `parent`. */
function between<Parent extends object>(prototype: object, parent: Parent): Parent {
  return Object.setPrototypeOf(prototype, parent);
}
