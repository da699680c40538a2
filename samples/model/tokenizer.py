"""Trains the demo model's byte-level BPE tokenizer and writes it with its chat template.

usage: tokenizer.py FOLDER
"""

import json
import pathlib
import random
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from corpus import conversation

VOCABULARY = 4096
BOS, EOS, END = "<|bos|>", "<|eos|>", "<|end|>"
ROLES = {role: f"<|{role}|>" for role in ("system", "user", "assistant")}
SPECIALS = [BOS, EOS, END, *ROLES.values()]

# words with their space, single digits and single line ends: values are copied digit by digit
PIECES = r" ?\p{L}+|\p{N}|[\r\n]| ?[^\s\p{L}\p{N}]+|[^\S\r\n]+(?!\S)|[^\S\r\n]+"

CHAT_TEMPLATE = (
    "{{- bos_token }}"
    "{%- for message in messages %}"
    "{%- if message.role not in ['system', 'user', 'assistant'] %}"
    "{{- raise_exception('the demo model knows the roles system, user and assistant, not ' + message.role) }}"
    "{%- endif %}"
    "{{- '<|' + message.role + '|>' + message.content + '<|end|>' }}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|assistant|>' }}{%- endif %}"
)


def train(folder):
    rng = random.Random(1)
    texts = ("".join(p for _, parts in conversation(rng) for p in parts) for _ in range(60000))
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(PIECES), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=[AddedToken(s, special=True, normalized=False) for s in SPECIALS],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": BOS,
        "eos_token": END,
        "pad_token": EOS,
        "model_max_length": 2048,
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=2) + "\n")
    return tokenizer


def encode(tokenizer, talk, whole=False):
    """Token ids of a conversation and, for each, whether the model is to learn to write it."""
    special = {name: tokenizer.token_to_id(name) for name in SPECIALS}
    ids, learn = [special[BOS]], [False]

    def add(tokens, weight):
        ids.extend(tokens)
        learn.extend([weight] * len(tokens))

    for role, parts in talk:
        add([special[ROLES[role]]], False)
        mine = role == "assistant"
        pieces = ["".join(parts)] if whole else parts
        for i, piece in enumerate(pieces):
            generated = mine and (len(pieces) - 1 - i) % 2 == 0  # the program writes every other piece
            add(tokenizer.encode(piece, add_special_tokens=False).ids, generated)
        add([special[END]], mine)
    return ids, learn


if __name__ == "__main__":
    train(sys.argv[1])
