// The chat page. Without this script the page still works: its forms are
// posted and the answer comes back as a page. Text is only ever put into the
// page as text, never as markup. What Safari 15 cannot read is not used: one
// word of it, and the script does not run at all.
"use strict";
(() => {
  const log = document.getElementById("log");
  const form = document.getElementById("ask");
  const box = document.getElementById("text");
  const send = document.getElementById("send");
  const conversation = document.getElementById("conversation");
  const slow = 1000; // milliseconds before "đang tìm" shows
  const patience = 20000; // milliseconds before a request is given up
  const uploading = 120000; // the same for a file
  const largest = 5 * 1024 * 1024; // bytes a file, as the server takes them
  let last = Promise.resolve(); // the message sent last, until its reply is there
  let reporting = false; // what is typed then is nobody's question

  const el = (tag, props = {}, ...children) => {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...children);
    return node;
  };

  // Telephone numbers and addresses in a line become links.
  const linked = (line) => {
    const parts = [];
    const pattern = /(^|[^\d.,/])(11[1-5]|1900 ?\d{4}|1800 ?\d{4})(?![\d.,/]*\d)|\b((?:[a-z0-9-]+\.)+(?:gov\.vn|vn)(?:\/[^\s,;)]*)?)/gi;
    let at = 0;
    for (const m of line.matchAll(pattern)) {
      const [, before = "", phone, address] = m;
      const start = m.index + before.length;
      const words = phone || address.replace(/\.$/, "");
      const link = el("a", { href: phone ? "tel:" + phone.replace(/ /g, "") : "https://" + words, textContent: words });
      if (address) { link.target = "_blank"; link.rel = "noopener noreferrer"; }
      parts.push(line.slice(at, start), link);
      at = start + words.length;
    }
    parts.push(line.slice(at));
    return parts;
  };

  // The same pieces that the server draws: headings, paragraphs, lists.
  const blocks = (text) => {
    const out = [];
    const lines = text.split("\n");
    for (const [i, line] of lines.entries()) {
      const words = line.trim();
      const item = words.match(/^(?:- |(\d{1,2})\. )(.*)$/);
      if (!words) continue;
      if (item) {
        const tag = item[1] ? "OL" : "UL";
        if (!out.length || out[out.length - 1].tagName !== tag) out.push(el(tag.toLowerCase()));
        out[out.length - 1].append(el("li", {}, ...linked(item[2])));
      } else if (words.endsWith(":") && words.length <= 60 && line === words && lines[i + 1]) {
        out.push(el("h4", { textContent: words.slice(0, -1) }));
      } else {
        out.push(el("p", {}, ...linked(words)));
      }
    }
    return out;
  };

  const day = (iso) => iso ? iso.split("-").reverse().join("/") : "";

  const sources = (answer) => {
    const list = el("ul");
    for (const s of answer.sources || []) {
      list.append(el("li", {}, s.url && /^https?:/.test(s.url)
        ? el("a", { href: s.url, target: "_blank", rel: "noopener noreferrer", textContent: s.title })
        : s.title));
    }
    return el("footer", {}, el("p", { textContent: "Căn cứ:" }), list,
      el("p", { textContent: `Áp dụng từ ${day(answer.effective_from)}. Kiểm tra ngày ${day(answer.reviewed)}.` }));
  };

  const buttons = (list, kind = "") => {
    const group = el("div", { className: "buttons" + kind });
    for (const b of list) {
      group.append(el("button", { type: "button", textContent: b.title, onclick: (e) => press(e.currentTarget, { button: b.id }) }));
    }
    return group;
  };

  const say = (who, kind, ...children) => {
    const article = el("article", { className: kind }, el("h2", { className: "who", textContent: who }), ...children);
    log.append(article);
    return article;
  };

  const show = (reply) => {
    const parts = reply.answer
      ? [...(reply.text ? [el("div", { className: "caution" }, ...blocks(reply.text))] : []), el("h3", { textContent: reply.answer.title }), ...blocks(reply.answer.text), sources(reply.answer)]
      : blocks(reply.text || "");
    const all = reply.buttons || [];
    const opinions = all.filter((b) => b.id.startsWith("f/"));
    const deeds = all.filter((b) => !b.id.startsWith("f/"));
    if (deeds.length) parts.push(buttons(deeds));
    if (opinions.length) parts.push(buttons(opinions, " opinions"));
    log.querySelectorAll(".files").forEach((old) => old.remove());
    if (reply.files) parts.push(picker());
    reporting = all.some((b) => b.id.startsWith("r/"));
    const article = say("Trợ lý", "bot " + reply.outcome, ...parts);
    // The start of a long answer matters more than its end; a short question
    // stays in sight above it.
    const asked = article.previousElementSibling;
    const top = asked && asked.matches(".me") && asked.offsetHeight < 100 ? asked : article;
    log.scrollTop = top.offsetTop - log.offsetTop - 12;
  };

  // Files for a report, each a message: the bad one is told from the good. All
  // are in the queue at once, before whatever is pressed after them.
  const picker = () => {
    const input = el("input", { type: "file", multiple: true, className: "unseen" });
    input.addEventListener("change", () => {
      for (const file of [...input.files]) {
        if (file.size > largest) say("Trợ lý", "bot", el("p", { textContent: `Tệp ${file.name} lớn quá 5 MB nên không gửi được.` }));
        else ask({ file }, "Gửi tệp: " + file.name);
      }
      input.value = ""; // the same file may be chosen again
    });
    return el("label", { className: "files" }, "Gửi kèm ảnh, ghi âm", input);
  };

  const post = async ({ file, ...body }) => {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), file ? uploading : patience);
    let request = { method: "POST", signal: stop.signal, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    if (file) {
      const fields = new FormData();
      for (const [name, value] of Object.entries(body)) fields.append(name, value);
      fields.append("file", file);
      request = { method: "POST", signal: stop.signal, body: fields };
    }
    try {
      const response = await fetch(file ? "/api/files" : "/api/chat", request);
      const data = await response.json();
      if (!response.ok) throw Object.assign(new Error(data.error || ""), { final: response.status === 400 || response.status === 413 });
      return data;
    } finally {
      clearTimeout(timer);
    }
  };

  const trouble = (message, again) => {
    const article = say("Trợ lý", "bot", el("p", { textContent: message || "Mất kết nối nên chưa gửi được. Việc nguy hiểm: gọi ngay 113, 114 hoặc 115." }));
    if (again) article.append(el("div", { className: "buttons" }, el("button", {
      type: "button", textContent: "Gửi lại", onclick: (e) => { e.target.disabled = true; again(); },
    })));
    log.scrollTop = log.scrollHeight;
  };

  const number = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");

  // The tab keeps the conversation's name and nothing of what is said: telephones
  // throw a page away while a photo for a report is taken. Where the browser
  // lets nothing be kept, each page begins anew.
  const kept = (use) => { try { return use(sessionStorage); } catch { return null; } };
  const key = "trolyao.conversation";
  const remember = () => kept((s) => s.setItem(key, conversation.value));

  const resume = () => {
    reporting = true; // perhaps: the next reply tells
    const anew = el("button", { type: "button", textContent: "Bắt đầu cuộc trò chuyện mới", onclick: () => {
      kept((s) => s.removeItem(key));
      location.replace(location.pathname);
    } });
    say("Trợ lý", "bot resumed",
      el("p", { textContent: "Anh/chị đang nói chuyện dở với tôi ở đây. Trang không giữ các tin cũ, nhưng anh/chị cứ gõ tiếp, kể cả khi đang viết đơn (đơn viết dở được giữ 30 phút)." }),
      el("p", { textContent: "Nếu không phải anh/chị, hoặc muốn hỏi từ đầu, bấm nút này:" }),
      el("div", { className: "buttons" }, anew));
    log.scrollTop = log.scrollHeight;
  };

  // Named here and not by the server, so that a first message sent twice is
  // answered once too.
  const known = kept((s) => s.getItem(key));
  if (conversation.value) {
    remember(); // the server drew the page, with what was said
  } else if (known) {
    conversation.value = known;
    resume();
  } else {
    conversation.value = "w" + number();
  }

  // Messages go out one after another: the reply to one may decide what the
  // next one means. What is said while another waits is sent after it.
  function ask(what, words) {
    remember();
    say("Anh/chị", "me", el("p", { textContent: words }));
    log.scrollTop = log.scrollHeight;
    // The same number on a second try: the message is answered once.
    const body = { conversation: conversation.value, turn: number(), ...what };
    const attempt = async () => {
      let wait;
      const timer = setTimeout(() => { wait = say("Trợ lý", "bot wait", el("p", { textContent: "Đang tìm câu trả lời…" })); log.scrollTop = log.scrollHeight; }, slow);
      const rest = () => { clearTimeout(timer); if (wait) wait.remove(); };
      try {
        const data = await post(body);
        rest();
        conversation.value = data.conversation;
        data.replies.forEach(show);
      } catch (e) {
        rest();
        trouble(e.name === "Error" ? e.message : "", e.final ? null : queue); // the same once more is refused once more
      }
    };
    const queue = () => (last = last.then(attempt));
    return queue();
  }

  // A button asks once until its reply is there. It keeps the focus meanwhile.
  async function press(button, what) {
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    await ask(what, button.textContent);
    button.removeAttribute("aria-disabled");
  }

  // Questions that others ask so, while the question is being typed. The box
  // keeps the focus; arrows walk the list, Enter asks, Escape closes.
  const list = document.getElementById("suggestions");
  const pause = 250; // milliseconds without a key before they are looked for
  const least = 3; // characters
  let chosen = -1;
  let looking;
  let timer;
  // A box of several lines may not be a combobox; what it has instead is told.
  const hint = document.getElementById("hint");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-haspopup", "listbox");
  box.setAttribute("aria-controls", "suggestions");
  const choose = (i) => {
    chosen = i;
    [...list.children].forEach((li, k) => li.setAttribute("aria-selected", String(k === i)));
    if (i >= 0) box.setAttribute("aria-activedescendant", list.children[i].id);
    else box.removeAttribute("aria-activedescendant");
  };
  const suggest = (texts) => {
    list.replaceChildren(...texts.map((text, i) => el("li", { id: "suggestion" + i, role: "option", textContent: text })));
    list.hidden = !texts.length;
    hint.textContent = list.hidden ? "" : `${texts.length} câu hỏi gợi ý, bấm mũi tên xuống để chọn.`;
    choose(-1);
  };
  suggest([]);
  const quiet = () => {
    clearTimeout(timer);
    if (looking) looking.abort();
    suggest([]);
  };
  const look = async (text) => {
    if (looking) looking.abort();
    const mine = looking = new AbortController();
    try {
      const response = await fetch("/api/suggest", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text }), signal: mine.signal,
      });
      const data = await response.json();
      if (!mine.signal.aborted) suggest((data.suggestions || []).filter((s) => s !== text));
    } catch {
      if (!mine.signal.aborted) suggest([]); // no suggestions is no trouble
    }
  };
  box.addEventListener("input", () => {
    clearTimeout(timer);
    const text = box.value.trim();
    if (text.length < least || reporting) quiet();
    else timer = setTimeout(() => look(text), pause);
  });
  const take = (i) => {
    box.value = list.children[i].textContent;
    send.click();
  };
  list.addEventListener("mousedown", (e) => e.preventDefault()); // the box keeps the focus
  list.addEventListener("click", (e) => {
    const i = [...list.children].indexOf(e.target.closest("li"));
    if (i >= 0) take(i);
  });
  box.addEventListener("blur", quiet);

  const grow = () => { box.style.height = "auto"; box.style.height = Math.min(box.scrollHeight + 3, 160) + "px"; };

  form.addEventListener("submit", (e) => {
    e.preventDefault();
    const text = box.value.trim();
    if (!text) return;
    box.value = "";
    grow();
    warn();
    quiet();
    ask({ text }, text);
  });
  // Enter sends, Shift+Enter breaks the line. Telephones tell of Enter by
  // beforeinput alone. isComposing: a Vietnamese keyboard may still be building
  // the syllable.
  let shift = false;
  box.addEventListener("keydown", (e) => {
    shift = e.shiftKey;
    if (!list.hidden && !e.isComposing) {
      const n = list.children.length;
      if (e.key === "ArrowDown" || e.key === "ArrowUp") {
        e.preventDefault();
        const from = e.key === "ArrowDown" ? chosen : Math.max(chosen, 0) + n;
        choose((from + (e.key === "ArrowDown" ? 1 : -1)) % n);
        return;
      }
      if (e.key === "Escape") { e.preventDefault(); e.stopPropagation(); quiet(); return; }
      if (e.key === "Enter" && !shift && chosen >= 0) { e.preventDefault(); take(chosen); return; }
    }
    if (e.key === "Enter" && !shift && !e.isComposing) { e.preventDefault(); send.click(); }
  });
  box.addEventListener("beforeinput", (e) => {
    if (e.inputType !== "insertLineBreak" || shift || e.isComposing) return;
    e.preventDefault();
    if (box.value.trim()) send.click();
  });
  // Browsers cut in silence what is pasted beyond the box's length.
  const full = document.getElementById("full");
  const warn = () => {
    full.textContent = box.value.length < box.maxLength ? ""
      : "Ô nhập đã đầy, phần dài hơn không vào được. Anh/chị gửi phần này trước, rồi gửi tiếp phần sau.";
  };
  box.addEventListener("input", grow);
  box.addEventListener("input", warn);
  // The buttons that the server drew; its form of files goes its own way.
  log.addEventListener("click", (e) => {
    const pressed = e.target.closest("form button[name]");
    if (!pressed) return;
    e.preventDefault();
    press(pressed, pressed.name === "button" ? { button: pressed.value } : { text: pressed.value });
  });
  // In a frame on another page: see embed.js.
  if (window.parent !== window) {
    document.addEventListener("keydown", (e) => { if (e.key === "Escape") window.parent.postMessage("trolyao:escape", "*"); });
  }
  if (matchMedia("(pointer: fine)").matches) box.focus();
})();
