"""Pictures and their captions: rows, towers of each class, vectors that stay, losses by an independent computation."""

import os
import struct
import zlib
from functools import partial
from io import BytesIO
from types import SimpleNamespace

import datasets
import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from xh.data import models
from xh.mini import SAMPLE
from xh.spec import Locations, MissingError, StageError
from xh.spec.examples import Examples
from xh.stage.job import TrainJob
from xh.store import Checkpoints
from xh_images import kind as image_text
from xh_images.kind import ImageText
from xh_images.model import ImageTextModel
from xh_images.pictures import Picture
from xh_images.ranking import ranked, recall
from xh_images.recipe import ImageTextTraining
from xh_images.towers import Tower, width

KIND = ImageText()
TASK = SimpleNamespace(name="scenes", columns={"caption": "captions"}, labels=(), metric="recall@1")
SIZE = 16
VISION = {
    "hidden_size": 8,
    "intermediate_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": SIZE,
}
TEXT = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 16}
PROCESSOR = {"size": {"height": SIZE, "width": SIZE}}
CLIP = {"crop_size": PROCESSOR["size"], "size": {"shortest_edge": SIZE}}


def vit():
    config = transformers.ViTConfig(patch_size=8, **VISION)
    return transformers.ViTModel(config, add_pooling_layer=False), transformers.ViTImageProcessorPil(**PROCESSOR)


def clip():
    config = transformers.CLIPConfig(text_config=TEXT, vision_config=VISION | {"patch_size": 8}, projection_dim=4)
    return transformers.CLIPModel(config), transformers.CLIPImageProcessorPil(**CLIP)


def siglip():
    config = transformers.SiglipConfig(text_config=TEXT, vision_config=VISION | {"patch_size": 8})
    return transformers.SiglipModel(config), transformers.SiglipImageProcessorPil(**PROCESSOR)


def dinov2():
    shape = {name: value for name, value in VISION.items() if name != "intermediate_size"}
    model = transformers.Dinov2Model(transformers.Dinov2Config(patch_size=8, **shape))
    return model, transformers.BitImageProcessorPil(**CLIP)


@pytest.fixture(scope="module")
def towers(tmp_path_factory):
    """Folders with tiny random weights of each class."""
    folders = {}
    for make in (vit, clip, siglip, dinov2):
        torch.manual_seed(0)
        folder = tmp_path_factory.mktemp(make.__name__)
        for part in make():
            part.save_pretrained(folder)
        folders[make.__name__] = folder
    return folders


def png(colour=(200, 30, 30), size=(SIZE, SIZE)) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def sideways() -> bytes:
    """A JPEG that lies on its side, and whose EXIF can't be written again: its width has a wrong type."""
    file, exif = BytesIO(), Image.Exif()
    exif[0x0112], exif[0x0100] = 6, 5
    Image.new("RGB", (SIZE, SIZE)).save(file, "JPEG", exif=exif)
    width = b"\x01\x00\x00\x04\x00\x00\x00\x01"
    assert width in file.getvalue()
    return file.getvalue().replace(width, b"\x01\x00\x00\x01\x00\x00\x00\x01")


def bomb() -> bytes:
    """A PNG that says it has a hundred thousand pixels a side, and hasn't."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


PICTURES = [png((20 * row, 90, 200 - 9 * row)) for row in range(4)]
CAPTIONS = [[f"a thing of shade {row}", f"shade {row} everywhere", f"only {row}"] for row in range(4)]


def examples(pictures=PICTURES, captions=CAPTIONS, where="scenes train en") -> Examples:
    return Examples(KIND.check({"image": pictures, "caption": captions}, TASK, where), where, "en")


def make_job(towers, tmp_path, tower="vit", log=None, **settings) -> TrainJob:
    """A training with a tower, in a store."""
    model = models.find(str(towers[tower]))
    task = SimpleNamespace(name="scenes", labels=("yes", "no"), members=())
    inputs = SimpleNamespace(models={"scenes.tower": model.identity}, task=task, tasks={"train": task})
    return TrainJob(
        stage=SimpleNamespace(inputs=inputs),
        locations=Locations(store=str(tmp_path / "store"), encoders={model.identity: model.place}),
        kind=KIND, recipe=ImageTextTraining(**settings), start=tmp_path, folder=tmp_path, load=None,
        log=(log if log is not None else []).append, checkpoints=Checkpoints(tmp_path, {}),
    )  # fmt: skip


# Rows


def test_a_picture_has_a_row_for_each_of_its_captions_and_is_read_only_when_it_is_looked_at():
    path = SAMPLE / "AKCIT/coco2017-captioning/data/validation-00000-of-00001.parquet"
    rows = datasets.load_dataset("parquet", data_files=str(path), split="train").select(range(3))
    rows = rows.cast_column("image", datasets.Image(decode=False))
    found = KIND.check(KIND.columns(rows) | {"caption": rows["captions"][:]}, TASK, "scenes dev en")
    assert found["caption"] == [text for texts in rows["captions"] for text in texts] and len(found["image"]) == 15
    assert len({*found["image"]}) == 3 and all(isinstance(each, Picture) for each in found["image"])
    assert found["image"][5].decoded("").size == (48, 48)


def test_pictures_may_be_bytes_paths_or_both(tmp_path):
    (tmp_path / "one.png").write_bytes(PICTURES[0])
    forms = [
        PICTURES[0],
        str(tmp_path / "one.png"),
        {"bytes": PICTURES[0], "path": "x"},
        {"path": str(tmp_path / "one.png")},
    ]
    digests = {picture.digest("") for picture in examples(forms, ["a", "b", "c", "d"])["image"]}
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (PICTURES[1][:-30], "its picture is broken: OSError"),
        (sideways(), "its picture is broken: error"),
        (png(size=(1, 400)), "its picture is broken: ValueError 1 x 400 pixels"),
        (b"no picture", "its picture is none of JPEG, PNG, "),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "its picture is none of JPEG, PNG, "),
        (bomb(), "its picture is a decompression bomb"),
        ("nowhere.png", "its picture 'nowhere.png' can't be read: No such file"),
        ("null\0.png", "can't be read: embedded null byte"),
        ("/dev/zero", "its picture '/dev/zero' can't be read: not a regular file"),
        (None, "it has no picture"),
    ],
    ids=["cut off", "sideways", "thin", "text", "program", "bomb", "no file", "no name", "endless", "none"],
)
def test_a_picture_that_can_not_be_seen_is_named_with_its_row(towers, tmp_path, picture, said):
    found = examples([PICTURES[0], picture], ["a", "b"])
    with pytest.raises(MissingError, match="scenes train en, row 1: ") as caught:
        KIND.complete(found, make_job(towers, tmp_path))
    assert said in caught.value.what
    assert not list((make_job(towers, tmp_path).folder / "store" / "vectors").glob("*"))


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(MissingError, match=r"row 0: .* can't be read: not a regular file"):
        Picture([str(tmp_path / "pipe")], 0).digest("scenes train en")


@pytest.mark.parametrize("caption", [[], "", [" "], ["a", 3], None])
def test_a_caption_that_is_no_text_is_named_with_its_row(caption):
    with pytest.raises(MissingError, match=r"row 1: captions is .*, not text"):
        examples(PICTURES[:2], ["a", caption])


def test_rows_without_a_gold_label_are_dropped_and_names_become_numbers():
    task = SimpleNamespace(name="ve", columns={}, labels=("yes", "maybe", "no"))
    found = KIND.check({"image": PICTURES[:3], "caption": ["a", "b", "c"], "label": ["no", -1, 1]}, task, "ve dev en")
    assert (found["caption"], found["label"]) == (["a", "c"], [2, 1])
    with pytest.raises(MissingError, match="row 0: label 'never'"):
        KIND.check({"image": PICTURES[:1], "caption": ["a"], "label": ["never"]}, task, "ve dev en")


# Towers and their vectors


@pytest.mark.parametrize("name", ["vit", "clip", "siglip", "dinov2"])
def test_towers_of_each_class_see_with_their_vision_half_alone(towers, name):
    pictures = [Image.open(BytesIO(data)).convert("RGB") for data in PICTURES]
    model = transformers.AutoModel.from_pretrained(towers[name]).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(towers[name], backend="pil")
    with torch.no_grad():
        wanted = getattr(model, "vision_model", model)(**processor(images=pictures, return_tensors="pt"))
    found = Tower(towers[name], "mean").vectors(pictures)
    torch.testing.assert_close(found.cpu(), wanted.last_hidden_state.mean(1))
    assert width(towers[name], "mean") == 8 and len({tuple(row.tolist()) for row in found}) == 4
    patches = Tower(towers[name], "patches").vectors(pictures)
    torch.testing.assert_close(patches.cpu(), wanted.last_hidden_state.flatten(1))
    if name != "vit":
        torch.testing.assert_close(Tower(towers[name], "pooled").vectors(pictures).cpu(), wanted.pooler_output)


def test_of_large_pictures_one_is_held_at_a_time(towers, monkeypatch):
    tower, seen = Tower(towers["vit"], "mean"), []
    processor = tower.processor
    monkeypatch.setattr(tower, "processor", lambda **given: seen.append("resized") or processor(**given))
    monkeypatch.setattr(Picture, "decoded", lambda *_: seen.append("decoded") or Image.new("RGB", (40, 40)))
    tower.fill([Picture(PICTURES, row) for row in range(4)], "", print)(np.zeros((4, 8)))
    assert seen == ["decoded", "resized"] * 4


def test_reading_a_tower_draws_nothing(towers):
    """Else a training would depend on whether its vectors were there."""
    torch.manual_seed(3)
    wanted = torch.rand(2)
    torch.manual_seed(3)
    Tower(towers["vit"], "mean").vectors([Image.new("RGB", (9, 9))])
    assert torch.equal(torch.rand(2), wanted)


def test_a_pooler_that_was_never_saved_is_not_taken(towers):
    with pytest.raises(MissingError, match="lacks weights") as caught:
        Tower(towers["vit"], "pooled")
    assert "pooler" in caught.value.why and "image=mean" in caught.value.todo


def test_a_tower_is_known_by_weights_config_and_processor(towers, tmp_path):
    import shutil

    folder = shutil.copytree(towers["vit"], tmp_path / "tower")
    before = models.find(str(folder)).identity
    assert before == models.find(str(towers["vit"])).identity
    text = (folder / "preprocessor_config.json").read_text()
    (folder / "preprocessor_config.json").write_text(text.replace("0.5", "0.4"))
    assert models.find(str(folder)).identity != before
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(MissingError, match=r"no preprocessor_config\.json"):
        models.find(str(folder))
    with pytest.raises(MissingError, match="no such folder"):
        models.find(str(tmp_path / "nowhere"))
    with pytest.raises(MissingError, match="package 'nobodys'"):
        models.find("nobodys:tower")


def test_vectors_are_made_once_for_pictures_with_the_same_bytes_and_stay(tmp_path, towers, monkeypatch):
    found = examples([*PICTURES[:2], PICTURES[0]], [["a", "b"], ["c"], ["d"]])
    completed = KIND.complete(found, make_job(towers, tmp_path))
    rows = completed["image"]
    assert [row for _, row in rows] == [0, 0, 1, 0] and len({path for path, _ in rows}) == 1
    wanted = Tower(towers["vit"], "mean").vectors([picture.decoded("") for picture in found["image"][1:3]])
    matrix = np.load(rows[0][0])
    np.testing.assert_allclose(matrix, wanted.cpu(), rtol=1e-5)
    monkeypatch.setattr(Tower, "fill", None)
    assert KIND.complete(found, make_job(towers, tmp_path))["image"] == rows
    path = make_job(towers, tmp_path).folder / "store" / "vectors"
    assert [file.suffix for file in path.iterdir()] == [".npy"]
    (file,) = path.iterdir()
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(TypeError):  # it would be made anew
        KIND.complete(found, make_job(towers, tmp_path))


def test_shuffled_pictures_have_each_another_ones_vector_always_the_same(towers, tmp_path):
    plain, once, again = (
        KIND.complete(examples(), make_job(towers, tmp_path, control=each))["image"]
        for each in ("none", "shuffled", "shuffled")
    )
    assert once == again and sorted(once) == sorted(plain)
    assert all(one != other for one, other in zip(plain, once, strict=True))
    assert all(len({*once[start : start + 3]}) == 1 for start in (0, 3, 6, 9))


def test_captions_alone_read_no_picture(towers, tmp_path, mini):
    found = KIND.complete(examples([b"no picture"] * 4), make_job(towers, tmp_path, control="captions"))
    features = KIND.features(found, mini, ImageTextTraining(control="captions"), train=True)
    texts = [mini.decode(ids, skip_special_tokens=True) for ids in features.columns["candidate"]]
    assert texts[:3] == [CAPTIONS[0][1], CAPTIONS[0][2], CAPTIONS[0][0]]
    with pytest.raises(MissingError, match="row 0: its picture has no other caption"):
        alone = KIND.complete(examples(PICTURES[:1], ["a"]), make_job(towers, tmp_path, control="captions"))
        KIND.features(alone, mini, ImageTextTraining(control="captions"), train=True)
    with pytest.raises(StageError, match="goes with the objective contrastive"):
        KIND.training_model(None, make_job(towers, tmp_path, control="captions", objective="matching"))


# Losses


@pytest.fixture(scope="module")
def body():
    torch.manual_seed(0)
    config = transformers.XLMRobertaConfig(
        vocab_size=16000, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, initializer_range=0.5,
    )  # fmt: skip
    return transformers.AutoModel.from_config(config)


def make_batch(towers, tmp_path, mini, train=True, **settings):
    made = make_job(towers, tmp_path, **settings)
    features = KIND.features(KIND.complete(examples(), made), mini, made.recipe, train=train)
    return KIND.collator(mini, made.recipe, seed=0)([features[row] for row in (0, 1, 3, 6, 9)])


def test_the_contrastive_loss_is_that_of_both_directions_without_other_captions_of_the_same_picture(
    towers, tmp_path, mini, body
):
    torch.manual_seed(0)
    model, inputs = ImageTextModel(body, 8, 4), make_batch(towers, tmp_path, mini)
    outputs = model(**inputs)
    texts, images = (each.detach().numpy().astype(float) for each in (outputs.texts, outputs.images))
    np.testing.assert_allclose(np.linalg.norm(images, axis=1), 1, rtol=1e-5)
    cosines, picture, terms = texts @ images.T / 0.07, [0, 0, 1, 2, 3], []
    for row in range(5):
        others = [at for at in range(5) if at == row or picture[at] != picture[row]]
        for values in (cosines[row, others], cosines[others, row]):
            terms.append(np.log(np.exp(values).sum()) - cosines[row, row])
    assert outputs.loss.item() == pytest.approx(np.mean(terms), rel=1e-4)


@pytest.mark.parametrize("objective", ["contrastive", "matching"])
def test_in_pieces_it_is_the_loss_of_the_whole_batch(towers, tmp_path, mini, body, objective):
    torch.manual_seed(0)
    model, inputs = (
        ImageTextModel(body, 8, 4, 2 * (objective == "matching")),
        make_batch(towers, tmp_path, mini, objective=objective),
    )
    model.eval()
    found = []
    for pieces in (1, 2, 5):
        model.zero_grad()
        loss = model(**inputs, pieces=pieces).loss
        loss.backward()
        found.append([loss.detach(), *(each.grad.clone() for each in model.parameters() if each.grad is not None)])
    for other in found[1:]:
        torch.testing.assert_close(other, found[0], rtol=1e-3, atol=1e-5)


def test_matching_holds_a_caption_against_its_own_and_against_another_picture_of_the_batch(
    towers, tmp_path, mini, body
):
    torch.manual_seed(0)
    model, inputs = (
        ImageTextModel(body, 8, 4, outputs=2).eval(),
        make_batch(towers, tmp_path, mini, objective="matching"),
    )
    assert inputs["mismatched"].tolist() == [[0, 2], [1, 2], [2, 3], [3, 4], [4, 0]]
    shown = make_batch(towers, tmp_path, mini, objective="matching", train=False) | {
        "other": inputs["image"][[2, 2, 3, 4, 0]]
    }
    outputs = model(**shown)
    right, wrong = (each.log_softmax(-1) for each in (outputs.logits, outputs.others))
    wanted = -torch.cat([right[:, 1], wrong[:, 0]]).mean()
    torch.testing.assert_close(model(**inputs).loss, wanted)


def test_every_other_picture_is_of_another_number():
    assert image_text._strangers([0, 0, 1, 2, 2]) == [2, 2, 3, 0, 0]
    assert image_text._strangers([4, 4]) == [0, 0] or image_text._strangers([4, 4]) == [0, 1]


# Predictions


def test_ranks_are_those_of_a_plain_loop_and_chance_is_one_in_so_many(monkeypatch):
    monkeypatch.setattr("xh_images.ranking.ROWS", 7)
    random = np.random.default_rng(0)
    pictures = [row // 2 for row in range(40)]
    texts, seen = (random.normal(size=(count, 6)) for count in (40, 20))
    texts, seen = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (texts, seen))
    found = ranked(texts, seen[pictures], pictures)
    wanted = [sorted(range(20), key=lambda picture, text=text: -float(text @ seen[picture]))[:10] for text in texts]
    assert found == wanted
    scores = recall(found, [[picture] for picture in pictures])
    hits = [wanted[row][:5].count(picture) for row, picture in enumerate(pictures)]
    assert scores["recall@5"] == 100 * sum(hits) / 40
    rows = Examples({"image": pictures, "caption": ["a"] * 40}, "scenes dev en", "en")
    chance = KIND.score(KIND.majority_baseline(rows, TASK), rows, TASK)
    assert chance == {"recall@1": 5.0, "recall@5": 25.0, "recall@10": 50.0}


def test_a_target_of_this_kind_is_refused():
    with pytest.raises(StageError, match="scenes can't be a target"):
        KIND.predict(SimpleNamespace(task=TASK), {})


def test_two_at_once_make_one_file(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    from xh.store.kept import keep

    made = []

    def fill(matrix):
        made.append(matrix.shape)
        matrix[:] = 3

    work = partial(keep, tmp_path, ["a"], (5, 2), fill, lambda: None)
    with ThreadPoolExecutor(2) as pool:
        paths = {pool.submit(work).result() for _ in range(2)}
    assert len(paths) == 1 and made == [(5, 2)] and (np.load(paths.pop()) == 3).all()
