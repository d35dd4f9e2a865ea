// Preloaded into a server that always listens on every interface. The server then listens on loopback only.
const net = require('node:net');

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (first, ...rest) {
  if (typeof first === 'number') {
    const others = rest.filter((argument) => typeof argument !== 'string');
    return listen.call(this, first, '127.0.0.1', ...others);
  }
  if (typeof first === 'object' && first !== null && first.port !== undefined) {
    return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest);
  }
  return listen.call(this, first, ...rest);
};
