# The everyday commands of dreamer; `make help` lists them.
#
# Everything is built with the release profile, so that building, testing and linting share one
# compiled binding to libtorch. Cargo finds libtorch by itself (.cargo/config.toml), so after `make`
# or `make libtorch` plain cargo commands work too.

CARGO ?= cargo
PYTHON ?= python3
PREFIX ?= $(HOME)/.local
SAMPLE ?= samples/mountains.jpg
SECONDS ?= 600
PROGRAM = $(or $(CARGO_TARGET_DIR),target)/release/dreamer

.PHONY: dream build libtorch test fuzz bench gpu-check lint install uninstall clean distclean help
.DEFAULT_GOAL := dream

dream: build ## get libtorch, build, and dream a sample into dream.png
	$(PROGRAM) $(SAMPLE) -o dream.png --force
	@echo "The dream of $(SAMPLE) is in $(CURDIR)/dream.png"

build: libtorch ## build the program
	$(CARGO) build --release

libtorch: ## put libtorch into .libtorch (LIBTORCH, a Python torch or a download)
	@$(PYTHON) scripts/libtorch.py

test: libtorch ## run every test, without libtorch and then with it
	@CARGO="$(CARGO)" $(PYTHON) scripts/test.py

fuzz: ## fuzz every reader of files, SECONDS (600) each (cargo-fuzz and a nightly toolchain)
	fuzz/run.sh $(SECONDS)

bench: build ## measure training, steps, dreams and folders beside PyTorch (PYTHON with torch, torchvision, safetensors)
	PYTHON=$(PYTHON) $(CARGO) bench --bench training_against_pytorch --bench against_pytorch \
		--bench folder
	$(CARGO) bench --bench augmentation

gpu-check: build ## pack the folder gpu-check/, to be carried to a machine with a GPU and run there
	$(PYTHON) scripts/gpu_check_pack.py --program $(PROGRAM)

lint: libtorch ## check the formatting and the compiler's and clippy's warnings
	$(CARGO) fmt --check
	$(CARGO) clippy --release --all-targets -- -D warnings
	$(CARGO) clippy --release --all-targets --no-default-features --features cli -- -D warnings
	$(CARGO) clippy --release --all-targets --no-default-features --features train -- -D warnings
	$(CARGO) clippy --release --all-targets --no-default-features -- -D warnings

install: build ## install into PREFIX (default ~/.local): the program and the libtorch it needs
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/dreamer
	install -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/dreamer
	@# A Python's libtorch or one named by LIBTORCH is used where it is.
	if [ -z "$$LIBTORCH" ] && [ ! -L .libtorch/lib ]; then \
		install -m 644 .libtorch/lib/lib* $(DESTDIR)$(PREFIX)/lib/dreamer; \
	fi

uninstall: ## remove what install put into PREFIX
	rm -rf $(DESTDIR)$(PREFIX)/bin/dreamer $(DESTDIR)$(PREFIX)/lib/dreamer

clean: ## remove what was built, but not the downloaded libtorch
	$(CARGO) clean
	rm -rf dream.png gpu-check

distclean: clean ## remove the downloaded libtorch too
	rm -rf .libtorch

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)
