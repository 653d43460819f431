# `make book` and `make test` set up everything they need inside this folder; `make help` lists the rest.
PYTHON ?= python3
export TORCH_BACKEND
BIN := .venv/bin
READY := .venv/ready$(if $(TORCH_BACKEND),-$(TORCH_BACKEND))
.DEFAULT_GOAL := help
.PHONY: help book downloads test test-launch notebooks lab data serve bench lint lock data-redshift data-morphology weights clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

book: $(READY)  ## build the site into _build/html
	@$(BIN)/python book/build.py

downloads: $(READY)  ## build the site with the whole book as a PDF (needs Chromium) and a zip file of the site
	@$(BIN)/python book/build.py --downloads

test: $(READY)  ## build the site with its downloads and run every test
	@$(BIN)/python book/build.py --downloads
	@$(BIN)/python -m pytest -n auto --dist loadfile

data: $(READY)  ## fetch real galaxy images of SDSS (2.2 MB) into data/sdss
	@$(BIN)/python -m shapbook.sdss_download data/sdss

test-launch: downloads  ## run every notebook as in Colab, Binder and JupyterLab (network, 6 GB)
	@$(BIN)/python -m pytest tests/launch -n 2 --dist loadgroup

notebooks: book  ## write the pages as notebooks, with and without solutions, into _build/html/notebooks

lab: $(READY)  ## open the pages in JupyterLab (Open With, Notebook)
	@$(BIN)/jupyter lab book

serve: $(READY)  ## show the built site at http://127.0.0.1:8000
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html 8000

bench: $(READY)  ## measure the build of the committed book (half an hour or more)
	@$(BIN)/python benchmarks/build.py

lint: $(READY)  ## check the style of code and spelling
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/codespell

lock: $(READY)  ## write requirements.txt anew from pyproject.toml
	@$(BIN)/uv pip compile --upgrade --universal --fork-strategy fewest --generate-hashes --all-extras --python-version 3.11 \
		--no-emit-index-url --custom-compile-command "make lock" --quiet --output-file requirements.txt pyproject.toml

data-redshift: $(READY)  ## make data/redshift anew from its origin
	@$(BIN)/python data/redshift/make.py

data-morphology: $(READY)  ## draw the simulated galaxies of data/morphology anew
	@$(BIN)/python data/morphology/make.py

weights: $(READY)  ## train the networks of data/morphology anew, on the simulated survey and on SDSS
	@$(BIN)/python data/morphology/train.py simulated && $(BIN)/python data/morphology/train.py sdss

clean:  ## remove what was built, but not the environment
	@rm -rf _build

$(READY): requirements.txt pyproject.toml setup.sh
	@PYTHON="$(PYTHON)" sh setup.sh && rm -f .venv/ready* && touch $@
