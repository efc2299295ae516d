// An emulator of Telegram's Bot API written by others, behind what it lacks:
// it parses no multipart forms, in which the Go library sends every call, and
// answers a question for updates at once, so that a client would ask thousands
// of times a second.
'use strict';

const express = require('express');
const multer = require('multer');
const TelegramServer = require('telegram-test-api');

const port = Number(process.argv[2]);
const emulator = new TelegramServer({ host: '127.0.0.1', port });
const front = express();

// A call without fields has an empty form, which is no form at all: it goes on
// without fields, as Telegram has it.
const fields = multer().none();
front.use('/bot:token', (req, res, next) => fields(req, res, () => next()));

front.all('/bot:token/getUpdates', async (req, res, next) => {
  const unread = () => emulator.storage.userMessages.some((u) => u.botToken === req.params.token && !u.isRead);
  for (let waited = 0; waited < 100 && !unread(); waited += 5) {
    await new Promise((resolve) => { setTimeout(resolve, 5); });
  }
  next();
});

front.use(emulator.webServer);
front.listen(port, '127.0.0.1');
