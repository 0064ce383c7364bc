/* Sends the answer to the application at once, as pressing the button would. */
document.getElementById("oauth-form-post").submit();
