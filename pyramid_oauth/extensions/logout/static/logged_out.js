/* Goes on once every application's page is loaded, or after a while in any case. */
(function () {
  "use strict";
  var LONGEST = 4000; // milliseconds
  var left = false;

  function go() {
    if (!left) {
      left = true;
      window.location.replace(document.getElementById("oauth-continue").href);
    }
  }

  window.setTimeout(go, LONGEST);
  if (document.readyState === "complete") {
    go();
  } else {
    window.addEventListener("load", go); // waits for the frames, too
  }
})();
