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
test: tools lint race browser build ## chạy mọi phép thử, tự cài thứ còn thiếu

.PHONY: tools
tools: ## cài thứ phép thử cần: trình biên dịch C (cho -race), Chromium
	@command -v gcc >/dev/null && command -v chromium >/dev/null || { $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq gcc libc6-dev chromium; }

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
	@for t in index/vietnamese:FuzzNormalize index/vietnamese:FuzzDecode index/vietnamese:FuzzDecodeKeys index:FuzzSearch knowledge:FuzzParse configs:FuzzLoad bot:FuzzHandle bot:FuzzMask bot/web:FuzzChat handoff:FuzzFindCode; do \
		echo "$$t"; $(GO) test ./$${t%:*} -run '^$$' -fuzz "^$${t#*:}$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x || exit 1; done

.PHONY: chaos
chaos: ## 1.000 đơn tố giác, 50 người, 30 lần giết máy chủ, máy nhận hỏng đủ kiểu
	$(GO) test ./cmd/trolyao -count 1 -run TestReportsSurvive -v -reports 1000 -citizens 50 -kills 30

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
