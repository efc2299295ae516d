# Việc hằng ngày của người phát triển. `make` liệt kê các lệnh.
GO       ?= go
LINT     := $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
VULN     := $(GO) run golang.org/x/vuln/cmd/govulncheck@v1.9.0
SUDO     := $(if $(filter 0,$(shell id -u)),,sudo)
FUZZTIME ?= 30s
export CGO_ENABLED ?= 0

.PHONY: help
help: ## liệt kê các lệnh
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: test
test: tools lint race process emulator browser build ## chạy mọi phép thử, tự cài thứ còn thiếu

.PHONY: tools
tools: ## cài thứ phép thử cần và máy chưa có: trình biên dịch C (cho -race), Chromium, node, PostgreSQL
	@want=""; command -v gcc >/dev/null || want="gcc libc6-dev"; \
	command -v chromium >/dev/null || want="$$want chromium"; command -v npm >/dev/null || want="$$want npm"; \
	command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || want="$$want postgresql"; \
	[ -z "$$want" ] || { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq $$want; }

.PHONY: lint
lint: ## soi mã nguồn và các bài tri thức
	$(LINT) run ./...
	$(GO) run ./cmd/trolyao check --strict

.PHONY: unit
unit: ## phép thử nhanh
	$(GO) test ./...

.PHONY: race
race: ## phép thử kèm dò tranh chấp dữ liệu
	CGO_ENABLED=1 $(GO) test -race ./...

.PHONY: process
process: ## phép thử không kèm dò tranh chấp: dòng lệnh, máy chủ thật bị giết giữa chừng, bốn kênh, chất lượng
	$(GO) test -p 1 ./cmd/trolyao ./internal/app
	$(GO) test ./index
	$(GO) test ./bot -run Lanes

.PHONY: emulator
emulator: ## kênh Telegram với một máy giả lập do người khác viết (npm, cần node)
	$(GO) test -tags emulator -run Emulator ./bot/telegram

.PHONY: browser
browser: ## phép thử trang hỏi đáp trong Chromium
	$(GO) test -tags browser -run Browser ./bot/web

.PHONY: build
build: ## dựng một tệp chạy duy nhất: ./trolyao
	$(GO) build -trimpath -ldflags "-s -w" -o trolyao ./cmd/trolyao

.PHONY: golden
golden: ## ghi lại các kết quả mẫu, rồi xem khác gì
	$(GO) run ./cmd/trolyao calibrate knowledge/questions.jsonl -o knowledge/calibration.json
	$(GO) test ./knowledge ./internal/app -run 'Check|Quality' -update
	git diff --stat

.PHONY: fuzz
fuzz: ## thử dữ liệu ngẫu nhiên, mỗi loại FUZZTIME
	@for t in index/vietnamese:FuzzNormalize index/vietnamese:FuzzDecode index/vietnamese:FuzzDecodeKeys index:FuzzSearch index:FuzzLearned knowledge:FuzzParse configs:FuzzLoad bot:FuzzHandle bot:FuzzMask bot/web:FuzzChat bot/messenger:FuzzPages bot/zalo:FuzzWebhook bot/zalobot:FuzzWebhook bot/telegram:FuzzWebhook handoff:FuzzFindCode; do \
		echo "$$t"; $(GO) test ./$${t%:*} -run '^$$' -fuzz "^$${t#*:}$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x || exit 1; done

.PHONY: chaos
chaos: ## 1.000 đơn tố giác, 50 người, 30 lần giết máy chủ, máy nhận hỏng đủ kiểu
	$(GO) test ./cmd/trolyao -count 1 -run TestReportsSurvive -v -reports 1000 -citizens 50 -kills 30

.PHONY: messages
messages: ## 2.000 tin trên mỗi kênh nhắn tin, 20 lần giết máy chủ
	$(GO) test ./cmd/trolyao -count 1 -run TestMessagesSurvive -v -updates 2000 -message-kills 20

.PHONY: hostile
hostile: ## 10.000 yêu cầu giả mạo, hỏng, quá lớn vào webhook trong khi người dân đang hỏi
	$(GO) test ./cmd/trolyao -count 1 -run TestHostileRequests -v -hostile 10000

.PHONY: load
load: ## 10.000 người hỏi qua Zalo và Telegram: bao nhiêu tin mỗi giây, chờ bao lâu, tốn bao nhiêu bộ nhớ
	$(GO) test ./cmd/trolyao -count 1 -run TestLoad -v -load-people 10000

.PHONY: bench
bench: ## đo tốc độ
	$(GO) test -run '^$$' -bench . -benchmem ./index/... ./bot ./internal/app ./internal/store
	$(GO) test -run '^$$' -bench Answer -benchtime 400x -timeout 30m ./eval

.PHONY: vuln
vuln: ## tìm lỗ hổng đã biết trong thư viện (cần mạng)
	$(VULN) ./...

.PHONY: setup
setup: ## bật kiểm tra trước khi commit
	git config core.hooksPath .githooks
