-- Run once by the image when the data folder is empty: Airflow keeps its own records apart.
create database airflow;
