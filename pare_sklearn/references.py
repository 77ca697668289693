"""The works that the docstrings of both estimators cite."""

REFERENCES = """\
.. [1] Cai et al. (2024), "Enhancing Cross-Modal Fine-Tuning with Gradually Intermediate Modality
   Generation", ICML, arXiv:2406.09003.
.. [2] Shen et al. (2023), "Cross-Modal Fine-Tuning: Align then Refine", ICML, arXiv:2302.05738.
.. [3] Kumar et al. (2022), "Fine-Tuning can Distort Pretrained Features and Underperform
   Out-of-Distribution", ICLR, arXiv:2202.10054.
.. [4] Dempster, Petitjean & Webb (2020), "ROCKET: exceptionally fast and accurate time series
   classification using random convolutional kernels", Data Mining and Knowledge Discovery,
   arXiv:1910.13051.
.. [5] Hu et al. (2022), "LoRA: Low-Rank Adaptation of Large Language Models", ICLR,
   arXiv:2106.09685.
.. [6] Howard & Ruder (2018), "Universal Language Model Fine-tuning for Text Classification", ACL,
   arXiv:1801.06146.
.. [7] Gorishniy, Rubachev & Babenko (2022), "On Embeddings for Numerical Features in Tabular Deep
   Learning", NeurIPS, arXiv:2203.05556.
.. [8] Liu et al. (2023), "PatchDropout: Economizing Vision Transformers Using Patch Dropout", WACV.
"""
OWN_REFERENCES = {
    "classifier": """\
.. [9] Lin et al. (2017), "Focal Loss for Dense Object Detection", ICCV, arXiv:1708.02002.
""",
    "regressor": "",
}
