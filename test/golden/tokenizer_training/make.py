"""What Hugging Face's trainers make of the sentiment example's reviews: python make.py, with tokenizers 0.22.2 installed."""
import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

HERE = Path(__file__).parent
LINES = (HERE / "../../../examples/sentiment/data/train.tsv").read_text().splitlines()
TEXTS = [line.split("\t")[0] for line in LINES[1:]]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def byte_level_bpe(size, min_count):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=min_count, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def word_piece(size, min_count):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(lowercase=True), pre_tokenizers.BertPreTokenizer()
    alphabet = sorted({c for text in TEXTS for c in tokenizer.normalizer.normalize_str(text) if not c.isspace()})
    # The trainer gives the ## characters ids in an order that changes from run to run, and breaks ties by them; so they come sorted, as special tokens.
    special = SPECIAL + [f"##{c}" for c in alphabet]
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, min_frequency=min_count, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


cases = []
for kind, make in (("ByteLevelBpe", byte_level_bpe), ("WordPiece", word_piece)):
    for size, min_count in ((300, 2), (500, 1), (5000, 40)):
        model = json.loads(make(size, min_count).to_str())["model"]
        vocabulary = sorted(model["vocab"], key=model["vocab"].get)
        cases.append({"kind": kind, "vocabSize": size, "minCount": min_count, "vocabulary": vocabulary, "merges": model.get("merges")})
lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
(HERE / "index.json").write_text(f"[\n{lines}\n]\n")
