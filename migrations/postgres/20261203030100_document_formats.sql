-- Documents can be TIFF files and plain texts too.
ALTER TABLE patient_documents DROP CONSTRAINT patient_documents_media_check;
ALTER TABLE patient_documents ADD CONSTRAINT patient_documents_media_check CHECK (media IN ('pdf', 'jpeg', 'png', 'tiff', 'text'));
