/* Answers "has the login changed?" to pages of clients (OpenID Connect Session
   Management, section 3.2), from a cookie that the server sets at log-in and log-out.

   It computes SHA-256 itself: crypto.subtle is missing where a client's page, and so
   this frame in it, came by plain http, and answers only later. */
(function () {
  "use strict";
  var COOKIE = /(?:^|; )oauth_session_state=([A-Za-z0-9_-]*)/;
  var CLIENT = /^[!-~]+$/;
  var STATE = /^[0-9a-f]{64}\.[A-Za-z0-9_-]{1,64}$/;
  var ORIGIN = /^https?:\/\/[!-~]+$/;

  function primes(count) {
    var found = [];
    for (var candidate = 2; found.length < count; candidate += 1) {
      var composite = found.some(function (prime) {
        return candidate % prime === 0;
      });
      if (!composite) {
        found.push(candidate);
      }
    }
    return found;
  }

  function fraction(value) {
    return Math.floor((value - Math.floor(value)) * 4294967296);
  }

  var START = primes(8).map(function (prime) {
    return fraction(Math.sqrt(prime));
  });
  var ROUND = primes(64).map(function (prime) {
    return fraction(Math.pow(prime, 1 / 3));
  });

  function turned(word, bits) {
    return (word >>> bits) | (word << (32 - bits));
  }

  function padded(text) {
    var length = ((text.length + 8) >> 6) * 16 + 16;
    var words = [];
    for (var index = 0; index < length; index += 1) {
      words.push(0);
    }
    for (var at = 0; at < text.length; at += 1) {
      words[at >> 2] |= text.charCodeAt(at) << (24 - (at % 4) * 8);
    }
    words[text.length >> 2] |= 128 << (24 - (text.length % 4) * 8);
    words[length - 1] = text.length * 8;
    return words;
  }

  function schedule(block) {
    var words = block.slice();
    for (var at = 16; at < 64; at += 1) {
      var early = words[at - 15];
      var late = words[at - 2];
      words.push(
        (words[at - 16] +
          (turned(early, 7) ^ turned(early, 18) ^ (early >>> 3)) +
          words[at - 7] +
          (turned(late, 17) ^ turned(late, 19) ^ (late >>> 10))) |
          0
      );
    }
    return words;
  }

  function stirred(hash, block) {
    var words = schedule(block);
    var s = hash.slice();
    for (var at = 0; at < 64; at += 1) {
      var choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
      var majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
      var one =
        s[7] +
        (turned(s[4], 6) ^ turned(s[4], 11) ^ turned(s[4], 25)) +
        choice +
        ROUND[at] +
        words[at];
      var two = (turned(s[0], 2) ^ turned(s[0], 13) ^ turned(s[0], 22)) + majority;
      s = [(one + two) | 0, s[0], s[1], s[2], (s[3] + one) | 0, s[4], s[5], s[6]];
    }
    return hash.map(function (word, index) {
      return (word + s[index]) | 0;
    });
  }

  /* The SHA-256 of ASCII text, in hexadecimal (FIPS 180-4). */
  function sha256(text) {
    var words = padded(text);
    var hash = START;
    for (var at = 0; at < words.length; at += 16) {
      hash = stirred(hash, words.slice(at, at + 16));
    }
    return hash
      .map(function (word) {
        return ("0000000" + (word >>> 0).toString(16)).slice(-8);
      })
      .join("");
  }

  /* Whether the browser keeps this frame from its cookies: then it knows nothing, and
     "changed" would have the client ask the server again and again (section 5.1). */
  function withoutCookies(tell) {
    if (navigator.cookieEnabled === false) {
      tell("error");
    } else if (document.hasStorageAccess) {
      document.hasStorageAccess().then(function (has) {
        tell(has ? "changed" : "error");
      });
    } else {
      tell("changed");
    }
  }

  function answer(message, origin, tell) {
    if (typeof message !== "string") {
      return tell("error");
    }
    var space = message.lastIndexOf(" ");
    var client = message.substring(0, space);
    var state = message.substring(space + 1);
    if (!CLIENT.test(client) || !STATE.test(state)) {
      return tell("error");
    }
    var cookie = COOKIE.exec(document.cookie);
    var salt = state.substring(65);
    var known = [client, origin, cookie ? cookie[1] : "", salt].join(" ");
    if (sha256(known) === state.substring(0, 64)) {
      tell("unchanged");
    } else if (cookie) {
      tell("changed");
    } else {
      withoutCookies(tell);
    }
  }

  window.addEventListener("message", function (event) {
    if (event.source && ORIGIN.test(event.origin)) {
      answer(event.data, event.origin, function (told) {
        event.source.postMessage(told, event.origin);
      });
    }
  });
})();
