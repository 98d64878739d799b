-- The remark of the desk on an appointment, for colleagues; patients never see it.
ALTER TABLE appointments ADD COLUMN desk_remark TEXT NOT NULL DEFAULT '' CHECK (length(desk_remark) <= 500);
