// Puts the chat on any page:
//   <script src="//ĐỊA-CHỈ-TRỢ-LÝ/embed.js" async></script>
// It adds one button and one frame, and touches nothing else of the page.
"use strict";
(() => {
  const me = document.currentScript || document.querySelector('script[src$="/embed.js"]');
  if (!me || document.getElementById("trolyao")) return;
  const origin = new URL(me.src).origin;
  const host = document.createElement("div");
  host.id = "trolyao";
  const root = host.attachShadow({ mode: "open" });

  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Hỏi trợ lý ảo";
  button.setAttribute("aria-expanded", "false");
  Object.assign(button.style, {
    position: "fixed", right: "16px", bottom: "16px", zIndex: "2147483647", font: "700 17px system-ui, sans-serif",
    color: "#fff", background: "#a51c1c", border: "2px solid #fff", borderRadius: "28px", padding: "12px 20px", cursor: "pointer",
  });

  let frame;
  const toggle = (open) => {
    if (open && !frame) {
      frame = document.createElement("iframe");
      frame.src = origin + "/embed";
      frame.title = "Trợ lý ảo";
      Object.assign(frame.style, {
        position: "fixed", right: "16px", bottom: "80px", zIndex: "2147483647", width: "min(430px, calc(100vw - 32px))",
        height: "min(680px, calc(100vh - 110px))", border: "1px solid #999", borderRadius: "16px", background: "#fff",
      });
      // Without the address bar of a telephone; browsers that do not know the
      // unit keep the height above.
      frame.style.height = "min(680px, calc(100dvh - 110px))";
      root.append(frame);
    }
    if (frame) frame.style.display = open ? "block" : "none";
    if (open) frame.focus();
    else button.focus();
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Đóng trợ lý" : "Hỏi trợ lý ảo";
  };
  button.addEventListener("click", () => toggle(button.getAttribute("aria-expanded") !== "true"));
  const escape = () => { if (button.getAttribute("aria-expanded") === "true") toggle(false); };
  document.addEventListener("keydown", (e) => { if (e.key === "Escape") escape(); });
  // Keys pressed in the frame stay there; its page tells of this one.
  addEventListener("message", (e) => { if (frame && e.source === frame.contentWindow && e.data === "trolyao:escape") escape(); });

  root.append(button);
  // In the head of a page, and quick from the cache, the script runs before
  // there is a body.
  if (document.body) document.body.append(host);
  else document.addEventListener("DOMContentLoaded", () => document.body.append(host));
})();
