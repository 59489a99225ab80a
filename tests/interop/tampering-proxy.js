// SPDX-License-Identifier: LGPL-2.1-or-later
// Copyright (C) 2026 The icesink developers
//
// An HTTP proxy in this process that changes one request on its way. The Host
// header goes through as it is, since it may be signed.
'use strict';

const http = require('node:http');

class TamperingProxy {
  static async start(targetPort) {
    const proxy = new TamperingProxy();
    proxy.targetPort = targetPort;
    proxy.change = null;
    proxy.last = null;
    proxy.server = http.createServer((request, response) => {
      proxy.#forward(request, response).catch((error) => {
        response.destroy(error);
      });
    });
    await new Promise((resolve) => {
      proxy.server.listen(0, '127.0.0.1', resolve);
    });
    proxy.port = proxy.server.address().port;
    return proxy;
  }

  // The next request is changed by `change`, which is given an object with
  // method, path, headers and body. Resolves to what `call` comes to.
  async tamper(change, call) {
    this.change = change;
    try {
      return await call();
    } finally {
      if (this.change !== null) {
        this.change = null;
        throw new Error('nothing was changed');
      }
    }
  }

  // Sends the last request once more, as it was. Resolves to the status and
  // the body of the answer.
  async replay() {
    const answer = await this.#send(this.last);
    const chunks = await answer.toArray();
    return { status: answer.statusCode, body: Buffer.concat(chunks).toString() };
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
  }

  async #forward(request, response) {
    const changed = {
      method: request.method,
      path: request.url,
      headers: { ...request.headers },
      body: Buffer.concat(await request.toArray()),
    };
    if (this.change !== null) {
      const before = JSON.stringify(changed);
      this.change(changed);
      if (JSON.stringify(changed) !== before) {
        this.change = null;
      }
    }
    this.last = changed;
    const answer = await this.#send(changed);
    response.writeHead(answer.statusCode, answer.rawHeaders);
    answer.pipe(response);
  }

  #send({ method, path, headers, body }) {
    return new Promise((resolve, reject) => {
      const request = http.request({
        host: '127.0.0.1', port: this.targetPort, method, path, headers,
      }, resolve);
      request.once('error', reject);
      request.end(body);
    });
  }
}

// `text` with the character at `index`, counted from the end if negative,
// replaced by another one of its kind.
function flip(text, index) {
  const at = index < 0 ? text.length + index : index;
  const old = text[at];
  const others = /\d/.test(old) ? '01' : 'ab';
  const fresh = old === others[0] ? others[1] : others[0];
  return text.slice(0, at) + fresh + text.slice(at + 1);
}

module.exports = { TamperingProxy, flip };
