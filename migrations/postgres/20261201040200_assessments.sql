-- Assessments as data: tools with versioned items, points and bands, and the answers of a patient on a ward.

CREATE TABLE assessment_tools (
    id            UUID PRIMARY KEY NOT NULL,
    code          TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 20),
    version       BIGINT NOT NULL CHECK (version >= 1),
    name          TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    -- The publication that the points and bands come from.
    source        TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 300),
    -- The owner of the rights. The hospital confirms that it may use the tool.
    owner         TEXT NOT NULL DEFAULT '' CHECK (length(owner) <= 200),
    -- Years of age from which it is used.
    from_age      BIGINT NOT NULL DEFAULT 0 CHECK (from_age BETWEEN 0 AND 120),
    confirmed_at  TIMESTAMPTZ,
    confirmed_by  UUID REFERENCES users (id),
    retired_at    TIMESTAMPTZ,
    CONSTRAINT assessment_tools_versions UNIQUE (code, version),
    CONSTRAINT assessment_tools_confirmed CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL))
);
CREATE TABLE assessment_items (
    id            UUID PRIMARY KEY NOT NULL,
    tool_id       UUID NOT NULL REFERENCES assessment_tools (id),
    nth           BIGINT NOT NULL CHECK (nth >= 1),
    name_en       TEXT NOT NULL CHECK (length(name_en) BETWEEN 1 AND 120),
    name_es       TEXT NOT NULL CHECK (length(name_es) BETWEEN 1 AND 120),
    UNIQUE (id, tool_id),
    CONSTRAINT assessment_items_in_turn UNIQUE (tool_id, nth)
);
CREATE TABLE assessment_choices (
    id            UUID PRIMARY KEY NOT NULL,
    item_id       UUID NOT NULL REFERENCES assessment_items (id),
    nth           BIGINT NOT NULL CHECK (nth >= 1),
    points        BIGINT NOT NULL CHECK (points BETWEEN 0 AND 100),
    -- Empty where the words are protected: the points are shown alone.
    name_en       TEXT NOT NULL DEFAULT '' CHECK (length(name_en) <= 120),
    name_es       TEXT NOT NULL DEFAULT '' CHECK (length(name_es) <= 120),
    UNIQUE (id, item_id, points),
    CONSTRAINT assessment_choices_in_turn UNIQUE (item_id, nth)
);
CREATE TABLE assessment_bands (
    id            UUID PRIMARY KEY NOT NULL,
    tool_id       UUID NOT NULL REFERENCES assessment_tools (id),
    low           BIGINT NOT NULL,
    high          BIGINT NOT NULL,
    risk          TEXT NOT NULL CHECK (risk IN ('none', 'low', 'medium', 'high', 'severe')),
    -- Hours until the next assessment.
    again_hours   BIGINT CHECK (again_hours BETWEEN 1 AND 720),
    CONSTRAINT assessment_bands_ordered CHECK (low <= high),
    CONSTRAINT assessment_bands_once UNIQUE (tool_id, low)
);
CREATE TABLE assessments (
    id            UUID PRIMARY KEY NOT NULL,
    admission_id  UUID NOT NULL REFERENCES admissions (id),
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    tool_id       UUID NOT NULL REFERENCES assessment_tools (id),
    because       TEXT NOT NULL CHECK (because IN ('admission', 'fall', 'transfer', 'change', 'routine')),
    state         TEXT NOT NULL CHECK (state IN ('open', 'final', 'error')),
    assessed_at   TIMESTAMPTZ NOT NULL,
    assessed_by   UUID NOT NULL REFERENCES users (id),
    total         BIGINT NOT NULL,
    risk          TEXT NOT NULL CHECK (risk IN ('none', 'low', 'medium', 'high', 'severe')),
    -- The plan of the task that asks for the next one.
    task_plan_id  UUID REFERENCES nursing_task_plans (id),
    error_reason  TEXT NOT NULL DEFAULT '' CHECK (length(error_reason) <= 500),
    error_by      UUID REFERENCES users (id),
    UNIQUE (id, tool_id),
    CONSTRAINT assessments_error CHECK ((state = 'error') = (length(trim(error_reason)) > 0) AND (state = 'error') = (error_by IS NOT NULL))
);
CREATE INDEX assessments_of_admission ON assessments (admission_id, assessed_at);
CREATE INDEX assessments_by_patient ON assessments (patient_id, assessed_at);
CREATE INDEX assessments_by_plan ON assessments (task_plan_id) WHERE task_plan_id IS NOT NULL;
CREATE TABLE assessment_answers (
    id            UUID PRIMARY KEY NOT NULL,
    assessment_id UUID NOT NULL,
    tool_id       UUID NOT NULL,
    item_id       UUID NOT NULL,
    choice_id     UUID NOT NULL,
    points        BIGINT NOT NULL,
    CONSTRAINT assessment_answers_once UNIQUE (assessment_id, item_id),
    CONSTRAINT assessment_answers_of_tool FOREIGN KEY (assessment_id, tool_id) REFERENCES assessments (id, tool_id),
    CONSTRAINT assessment_answers_item FOREIGN KEY (item_id, tool_id) REFERENCES assessment_items (id, tool_id),
    CONSTRAINT assessment_answers_points FOREIGN KEY (choice_id, item_id, points) REFERENCES assessment_choices (id, item_id, points)
);
CREATE INDEX assessment_answers_by_item ON assessment_answers (item_id);
CREATE INDEX assessment_answers_by_choice ON assessment_answers (choice_id);
CREATE FUNCTION assessments_of_stay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id
    AND a.clinic_id = NEW.clinic_id AND (a.state = 'admitted' OR a.left_at >= NEW.assessed_at)) THEN
        PERFORM refuse('assessments_of_stay');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER assessments_of_stay BEFORE INSERT ON assessments FOR EACH ROW EXECUTE FUNCTION assessments_of_stay();
CREATE FUNCTION assessments_start() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state <> 'open' THEN
        PERFORM refuse('assessments_frozen');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER assessments_start BEFORE INSERT ON assessments FOR EACH ROW EXECUTE FUNCTION assessments_start();
-- An answer belongs to an assessment that is being recorded. The function reads as its owner.
CREATE FUNCTION assessment_answers_open() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM assessments a WHERE a.id = NEW.assessment_id AND a.state = 'open') THEN
        PERFORM refuse('assessments_frozen');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER assessment_answers_open BEFORE INSERT ON assessment_answers FOR EACH ROW EXECUTE FUNCTION assessment_answers_open();
-- The total is the sum of all answers, and the risk that of its band. The function reads as its owner.
CREATE FUNCTION assessments_total() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.state = 'open' AND NEW.state = 'final' AND ((SELECT coalesce(sum(r.points), -1) FROM assessment_answers r WHERE r.assessment_id = NEW.id) <> NEW.total
    OR (SELECT count(*) FROM assessment_answers r WHERE r.assessment_id = NEW.id) <> (SELECT count(*) FROM assessment_items i WHERE i.tool_id = NEW.tool_id)
    OR NOT EXISTS (SELECT 1 FROM assessment_bands b WHERE b.tool_id = NEW.tool_id AND b.low <= NEW.total AND b.high >= NEW.total AND b.risk = NEW.risk)) THEN
        PERFORM refuse('assessments_total');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER assessments_total BEFORE UPDATE ON assessments FOR EACH ROW EXECUTE FUNCTION assessments_total();
CREATE TRIGGER assessments_frozen BEFORE UPDATE ON assessments FOR EACH ROW
WHEN ((NEW.id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.tool_id, NEW.because, NEW.assessed_at, NEW.assessed_by)
    IS DISTINCT FROM (OLD.id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.tool_id, OLD.because, OLD.assessed_at, OLD.assessed_by) OR (OLD.state <> 'open' AND (NEW.total, NEW.risk) IS DISTINCT FROM (OLD.total, OLD.risk))
    OR OLD.state = 'error' OR (NEW.state <> OLD.state AND NEW.state = 'open') OR (OLD.state = 'open' AND NEW.state = 'error'))
EXECUTE FUNCTION row_fixed('assessments_frozen');
CREATE TRIGGER assessments_kept BEFORE DELETE ON assessments FOR EACH ROW EXECUTE FUNCTION row_fixed('assessments_frozen');
CREATE TRIGGER assessment_answers_fixed BEFORE UPDATE OR DELETE ON assessment_answers FOR EACH ROW EXECUTE FUNCTION row_fixed('assessments_frozen');
CREATE TRIGGER assessment_items_fixed BEFORE UPDATE OR DELETE ON assessment_items FOR EACH ROW EXECUTE FUNCTION row_fixed('assessment_tools_frozen');
CREATE TRIGGER assessment_choices_fixed BEFORE UPDATE OR DELETE ON assessment_choices FOR EACH ROW EXECUTE FUNCTION row_fixed('assessment_tools_frozen');
CREATE TRIGGER assessment_bands_fixed BEFORE UPDATE OR DELETE ON assessment_bands FOR EACH ROW EXECUTE FUNCTION row_fixed('assessment_tools_frozen');
CREATE TRIGGER assessment_tools_frozen BEFORE UPDATE ON assessment_tools FOR EACH ROW
WHEN ((NEW.id, NEW.code, NEW.version, NEW.name, NEW.source, NEW.owner, NEW.from_age)
    IS DISTINCT FROM (OLD.id, OLD.code, OLD.version, OLD.name, OLD.source, OLD.owner, OLD.from_age))
EXECUTE FUNCTION row_fixed('assessment_tools_frozen');
CREATE TRIGGER assessment_tools_kept BEFORE DELETE ON assessment_tools FOR EACH ROW EXECUTE FUNCTION row_fixed('assessment_tools_frozen');
SELECT guard_rows(guarded, 'patient_id', format('%s.clinic_id = ANY ((SELECT reader_clinics())::uuid[])', guarded))
FROM unnest(ARRAY['assessments']::regclass[]) AS guarded;
ALTER TABLE assessment_answers ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON assessment_answers USING (EXISTS (SELECT 1 FROM assessments p WHERE p.id = assessment_answers.assessment_id OFFSET 0));
-- A task asks for an assessment, or is an action of a care plan.
ALTER TABLE nursing_task_plans DROP CONSTRAINT nursing_task_plans_kind_check;
ALTER TABLE nursing_task_plans ADD CONSTRAINT nursing_task_plans_kind_check
    CHECK (kind IN ('turning', 'washing', 'walking', 'wound', 'line', 'weight', 'teaching', 'assessment', 'care', 'other'));
-- The tools that are shipped. Points and bands have their source; protected words are left out, and the hospital confirms each tool.
INSERT INTO assessment_tools (id, code, version, name, source, owner, from_age) VALUES
    ('a77a1f23-3e89-4b43-9864-eaf65841aadc', 'morse', 1, 'Morse Fall Scale', 'Morse JM, Morse RM, Tylko SJ. Can J Aging 1989;8:366-377; bands as the AHRQ toolkit "Preventing Falls in Hospitals"', 'Janice M. Morse', 16),
    ('b93c5578-f01c-4213-8c95-f984eec1b6cd', 'braden', 1, 'Braden Scale', 'Bergstrom N, Braden B, Laguzza A, Holman V. Nurs Res 1987;36:205-210; bands: Braden B. Adv Skin Wound Care 2012;25:61', 'Barbara Braden and Nancy Bergstrom; a licence is needed', 16),
    ('3fce0ac1-fd15-49cc-8bb1-58fbaab6f1c3', 'gcs', 1, 'Glasgow Coma Scale', 'Teasdale G, Jennett B. Lancet 1974;304:81-84; bands for head injuries: 13-15, 9-12, 3-8', '', 5),
    ('92a6f7f7-88c6-40fb-a9bf-2678678f00b8', 'pain', 1, 'Pain, numeric scale 0-10', 'Numeric rating scale: Jensen MP, Karoly P, Braver S. Pain 1986;27:117-126; bands 1-3, 4-6, 7-10 are a convention', '', 8),
    ('3afa9669-e2d9-4fb9-b16e-8e1874ce771a', 'must', 1, 'Malnutrition Universal Screening Tool (MUST)', 'Elia M (ed.). The MUST report. BAPEN 2003', 'BAPEN; the hospital asks for permission to use it in a program', 18);
INSERT INTO assessment_items (id, tool_id, nth, name_en, name_es) VALUES
    ('8a059672-327c-40a6-ac82-60cdbe84921e', 'a77a1f23-3e89-4b43-9864-eaf65841aadc', 1, 'Has fallen in this stay or shortly before', 'Se ha caído en este ingreso o poco antes'),
    ('13725749-cc98-4645-bf3c-3ffa9ffa9328', 'a77a1f23-3e89-4b43-9864-eaf65841aadc', 2, 'More than one diagnosis', 'Más de un diagnóstico'),
    ('a61eddc7-f933-4dcd-99f2-9e1e68b14aa1', 'a77a1f23-3e89-4b43-9864-eaf65841aadc', 3, 'Help with walking', 'Ayuda para caminar'),
    ('5d074bcb-b0e1-4308-95ec-2bff13c39339', 'a77a1f23-3e89-4b43-9864-eaf65841aadc', 4, 'Intravenous line', 'Vía intravenosa'),
    ('1c30ecef-425e-4bc6-8152-e2437a545d30', 'a77a1f23-3e89-4b43-9864-eaf65841aadc', 5, 'Walk', 'Marcha'),
    ('30fad625-81ce-49d2-95c0-8d538a882206', 'a77a1f23-3e89-4b43-9864-eaf65841aadc', 6, 'Knows the own limits', 'Conoce sus límites'),
    ('4e96dc5d-127a-4aa1-952d-9a580dcdd356', 'b93c5578-f01c-4213-8c95-f984eec1b6cd', 1, 'Sensory perception', 'Percepción sensorial'),
    ('16f9e268-6b11-4184-b008-d55e360896ea', 'b93c5578-f01c-4213-8c95-f984eec1b6cd', 2, 'Moisture', 'Humedad'),
    ('8247cf2c-b5b6-4489-afb1-53fc9bd8fbdf', 'b93c5578-f01c-4213-8c95-f984eec1b6cd', 3, 'Activity', 'Actividad'),
    ('80955c5c-216e-424a-a1a3-bd0b42ec5e76', 'b93c5578-f01c-4213-8c95-f984eec1b6cd', 4, 'Mobility', 'Movilidad'),
    ('f7532c8a-0e2e-4c51-b11b-b2443adfe097', 'b93c5578-f01c-4213-8c95-f984eec1b6cd', 5, 'Nutrition', 'Nutrición'),
    ('7ef9dc96-b9b8-4d80-bd73-0659a1c42be2', 'b93c5578-f01c-4213-8c95-f984eec1b6cd', 6, 'Friction and shear', 'Fricción y cizallamiento'),
    ('7d51d147-7d6b-4a99-9e06-bdd74efa8d2d', '3fce0ac1-fd15-49cc-8bb1-58fbaab6f1c3', 1, 'Eyes open', 'Apertura de ojos'),
    ('22e22ac6-730b-4afe-bd5f-888ac6860136', '3fce0ac1-fd15-49cc-8bb1-58fbaab6f1c3', 2, 'Speech', 'Respuesta verbal'),
    ('e30907cf-c6e5-429d-809d-db83edb26013', '3fce0ac1-fd15-49cc-8bb1-58fbaab6f1c3', 3, 'Movement', 'Respuesta motora'),
    ('c84a704e-8204-48e6-a9ef-089af12c0075', '92a6f7f7-88c6-40fb-a9bf-2678678f00b8', 1, 'Pain now, from none (0) to the worst (10)', 'Dolor ahora, de nada (0) al peor (10)'),
    ('20c7ae02-d59a-40a8-8fc7-ff9851135b05', '3afa9669-e2d9-4fb9-b16e-8e1874ce771a', 1, 'Body mass index', 'Índice de masa corporal'),
    ('1e49ab04-2c44-4988-91d9-9fc8f5302b13', '3afa9669-e2d9-4fb9-b16e-8e1874ce771a', 2, 'Unplanned loss of weight in 3 to 6 months', 'Pérdida de peso no buscada en 3 a 6 meses'),
    ('672af235-0fe4-4037-95f9-e05a8343e07b', '3afa9669-e2d9-4fb9-b16e-8e1874ce771a', 3, 'Acutely ill, and no food for more than 5 days, or likely so', 'Enfermedad aguda y sin comer más de 5 días, o es probable');
INSERT INTO assessment_choices (id, item_id, nth, points, name_en, name_es) VALUES
    ('c24c05eb-884a-4af2-a8ec-cfefa30a6b9a', '8a059672-327c-40a6-ac82-60cdbe84921e', 1, 0, 'No', 'No'),
    ('7d9cdc3a-d9fb-49c8-9bce-04b25c6e194e', '8a059672-327c-40a6-ac82-60cdbe84921e', 2, 25, 'Yes', 'Sí'),
    ('7883e272-3161-4544-9851-0dec9ff9aed9', '13725749-cc98-4645-bf3c-3ffa9ffa9328', 1, 0, 'No', 'No'),
    ('c278db58-31b5-4b11-9d5a-5b1e7f08d647', '13725749-cc98-4645-bf3c-3ffa9ffa9328', 2, 15, 'Yes', 'Sí'),
    ('99496c62-b5dd-4e1f-8f25-4b44adbeb3ae', 'a61eddc7-f933-4dcd-99f2-9e1e68b14aa1', 1, 0, 'None, in bed, wheelchair, or a nurse helps', 'Ninguna, en cama, silla de ruedas, o ayuda de enfermería'),
    ('5f2737fc-45f4-412b-8f62-74650e345aa7', 'a61eddc7-f933-4dcd-99f2-9e1e68b14aa1', 2, 15, 'Crutches, stick or walker', 'Muletas, bastón o andador'),
    ('0f41d2a5-1a74-4a81-b3dd-e3608c7e60ad', 'a61eddc7-f933-4dcd-99f2-9e1e68b14aa1', 3, 30, 'Holds on to furniture', 'Se apoya en los muebles'),
    ('c77804f5-b1f7-4fd1-b77d-8264e62e3f4d', '5d074bcb-b0e1-4308-95ec-2bff13c39339', 1, 0, 'No', 'No'),
    ('95247df2-2cde-4462-9af4-635272b939de', '5d074bcb-b0e1-4308-95ec-2bff13c39339', 2, 20, 'Yes', 'Sí'),
    ('3785536b-c515-4b25-bd63-df06495c586d', '1c30ecef-425e-4bc6-8152-e2437a545d30', 1, 0, 'Normal, in bed or in a wheelchair', 'Normal, en cama o en silla de ruedas'),
    ('2c9ba36a-e513-4ae6-9d46-cddec7ea9a38', '1c30ecef-425e-4bc6-8152-e2437a545d30', 2, 10, 'Weak', 'Débil'),
    ('bdf66069-9cd3-4de7-ac21-4c1f881a6306', '1c30ecef-425e-4bc6-8152-e2437a545d30', 3, 20, 'Impaired', 'Alterada'),
    ('146ace19-f751-4094-b258-249d01f1487c', '30fad625-81ce-49d2-95c0-8d538a882206', 1, 0, 'Yes', 'Sí'),
    ('0fe2e313-6293-48a8-a61d-6b11c5b05dd6', '30fad625-81ce-49d2-95c0-8d538a882206', 2, 15, 'Overrates what is possible, or forgets', 'Se sobreestima o lo olvida'),
    ('e404aa6e-6e62-49d9-9035-046bc3df1cfb', '4e96dc5d-127a-4aa1-952d-9a580dcdd356', 1, 1, '', ''),
    ('a0b83957-5da4-4d3f-973c-8d89922d71a6', '4e96dc5d-127a-4aa1-952d-9a580dcdd356', 2, 2, '', ''),
    ('079c870d-bc62-41d3-a038-c3b9fddf8dff', '4e96dc5d-127a-4aa1-952d-9a580dcdd356', 3, 3, '', ''),
    ('51a733ec-f366-4009-82f3-06554c9bfdd6', '4e96dc5d-127a-4aa1-952d-9a580dcdd356', 4, 4, '', ''),
    ('fe9fb4a8-2a4c-4e60-bb3a-31350e556083', '16f9e268-6b11-4184-b008-d55e360896ea', 1, 1, '', ''),
    ('cad5f896-d02a-4193-81fa-02cec6b645fa', '16f9e268-6b11-4184-b008-d55e360896ea', 2, 2, '', ''),
    ('9921615f-05eb-4686-94b6-95a7dcd3c72b', '16f9e268-6b11-4184-b008-d55e360896ea', 3, 3, '', ''),
    ('5763020c-d85e-4671-8db7-ffeb146a8912', '16f9e268-6b11-4184-b008-d55e360896ea', 4, 4, '', ''),
    ('21fc7ae5-498f-4c48-964f-18b3bff94513', '8247cf2c-b5b6-4489-afb1-53fc9bd8fbdf', 1, 1, '', ''),
    ('91fd8a7d-b6de-48bb-8646-e5c6e8238221', '8247cf2c-b5b6-4489-afb1-53fc9bd8fbdf', 2, 2, '', ''),
    ('e1350205-1afc-4127-b2d0-2f349b33f6a5', '8247cf2c-b5b6-4489-afb1-53fc9bd8fbdf', 3, 3, '', ''),
    ('80e3e273-3263-4dd9-b724-4e880f30f7f7', '8247cf2c-b5b6-4489-afb1-53fc9bd8fbdf', 4, 4, '', ''),
    ('07b1d5fd-5e54-47d0-b839-53ea228e94c0', '80955c5c-216e-424a-a1a3-bd0b42ec5e76', 1, 1, '', ''),
    ('adc73e25-9d3c-4717-be57-5662a3aaeb67', '80955c5c-216e-424a-a1a3-bd0b42ec5e76', 2, 2, '', ''),
    ('31bc5142-1b04-45b5-9bff-66c1a1eb43e9', '80955c5c-216e-424a-a1a3-bd0b42ec5e76', 3, 3, '', ''),
    ('e7febd3c-db98-424d-b1b2-381ec39a6d08', '80955c5c-216e-424a-a1a3-bd0b42ec5e76', 4, 4, '', ''),
    ('b9a82ae5-1849-408b-8d09-64b9e8e96447', 'f7532c8a-0e2e-4c51-b11b-b2443adfe097', 1, 1, '', ''),
    ('cefda207-2f9d-4c07-9fcd-8769be65a472', 'f7532c8a-0e2e-4c51-b11b-b2443adfe097', 2, 2, '', ''),
    ('c22e0ea7-a71a-4258-9086-200a810f9602', 'f7532c8a-0e2e-4c51-b11b-b2443adfe097', 3, 3, '', ''),
    ('2e792513-9b8c-468d-b922-e91a9679e567', 'f7532c8a-0e2e-4c51-b11b-b2443adfe097', 4, 4, '', ''),
    ('6a2d043c-9c23-4e30-8fa9-7c96c98c07b9', '7ef9dc96-b9b8-4d80-bd73-0659a1c42be2', 1, 1, '', ''),
    ('9709def6-1c8c-4819-ab03-c9d02c5ad6be', '7ef9dc96-b9b8-4d80-bd73-0659a1c42be2', 2, 2, '', ''),
    ('dd0995ec-5f79-49fd-9603-2b520a44fa12', '7ef9dc96-b9b8-4d80-bd73-0659a1c42be2', 3, 3, '', ''),
    ('92a6fe4c-6f1f-4bc4-b830-b9677a73a3b6', '7d51d147-7d6b-4a99-9e06-bdd74efa8d2d', 1, 4, 'Spontaneously', 'Espontánea'),
    ('73edaed0-dc8c-4206-b0cf-4c9666ff6a8a', '7d51d147-7d6b-4a99-9e06-bdd74efa8d2d', 2, 3, 'To sound', 'A la voz'),
    ('dc6f2969-ff87-429d-9415-ec95d417b540', '7d51d147-7d6b-4a99-9e06-bdd74efa8d2d', 3, 2, 'To pressure', 'A la presión'),
    ('96a02c66-7d83-48c7-bed9-352cea282035', '7d51d147-7d6b-4a99-9e06-bdd74efa8d2d', 4, 1, 'Not', 'Ninguna'),
    ('cf2c5fd7-8e05-4d20-9291-e155f319c006', '22e22ac6-730b-4afe-bd5f-888ac6860136', 1, 5, 'Orientated', 'Orientada'),
    ('52b7d6c8-08dd-4f12-affe-fb5304b46863', '22e22ac6-730b-4afe-bd5f-888ac6860136', 2, 4, 'Confused', 'Confusa'),
    ('9536eec1-17e0-4234-936c-75775697e222', '22e22ac6-730b-4afe-bd5f-888ac6860136', 3, 3, 'Single words', 'Palabras sueltas'),
    ('253ab378-e5c6-49a0-80a7-671cb5519ac7', '22e22ac6-730b-4afe-bd5f-888ac6860136', 4, 2, 'Sounds', 'Sonidos'),
    ('8bd2450e-adc5-4ae1-be8f-77eb38fc8f8c', '22e22ac6-730b-4afe-bd5f-888ac6860136', 5, 1, 'None', 'Ninguna'),
    ('dcc1bb5d-fefd-4621-85b2-84c87c762180', 'e30907cf-c6e5-429d-809d-db83edb26013', 1, 6, 'Obeys commands', 'Obedece órdenes'),
    ('ee088f59-f2b9-4aac-a7fe-e831b5b886a5', 'e30907cf-c6e5-429d-809d-db83edb26013', 2, 5, 'Localises', 'Localiza'),
    ('1bb3bf2e-97ae-4375-b735-76bbed985b82', 'e30907cf-c6e5-429d-809d-db83edb26013', 3, 4, 'Normal flexion', 'Flexión normal'),
    ('7bab2888-d120-4733-9480-d321cd6ee199', 'e30907cf-c6e5-429d-809d-db83edb26013', 4, 3, 'Abnormal flexion', 'Flexión anormal'),
    ('07f4271e-7305-49c1-95e5-0a79a33e59ca', 'e30907cf-c6e5-429d-809d-db83edb26013', 5, 2, 'Extension', 'Extensión'),
    ('68349198-d1f9-48c4-8aa0-75273a75f6e1', 'e30907cf-c6e5-429d-809d-db83edb26013', 6, 1, 'None', 'Ninguna'),
    ('670b11b0-15bd-49de-a2a1-cb7743e0bc2a', 'c84a704e-8204-48e6-a9ef-089af12c0075', 1, 0, '', ''),
    ('8748c8e8-b373-4b46-a39b-b8cfbe88850a', 'c84a704e-8204-48e6-a9ef-089af12c0075', 2, 1, '', ''),
    ('44a49a4d-6c6a-464d-be32-59c2f6830efd', 'c84a704e-8204-48e6-a9ef-089af12c0075', 3, 2, '', ''),
    ('10489d30-6164-49e8-a251-3682be43a55e', 'c84a704e-8204-48e6-a9ef-089af12c0075', 4, 3, '', ''),
    ('61ef36c9-8616-40f8-8ea8-1139d9790e20', 'c84a704e-8204-48e6-a9ef-089af12c0075', 5, 4, '', ''),
    ('c8b427a7-6a70-45e5-b592-b4a340a0a8fa', 'c84a704e-8204-48e6-a9ef-089af12c0075', 6, 5, '', ''),
    ('da1728f7-eaf3-443a-85a2-e7d9b7d20703', 'c84a704e-8204-48e6-a9ef-089af12c0075', 7, 6, '', ''),
    ('6d6bb8bf-d1e3-47dd-8c34-4d677640702c', 'c84a704e-8204-48e6-a9ef-089af12c0075', 8, 7, '', ''),
    ('6b9b4871-beff-4a68-b47c-38dc23f3f2c3', 'c84a704e-8204-48e6-a9ef-089af12c0075', 9, 8, '', ''),
    ('d8f19d61-00da-4bd7-acb5-73a7146fcdda', 'c84a704e-8204-48e6-a9ef-089af12c0075', 10, 9, '', ''),
    ('9fd05fda-b699-4c84-8e52-967d54a1c7dc', 'c84a704e-8204-48e6-a9ef-089af12c0075', 11, 10, '', ''),
    ('3abae68f-20d8-49ec-8fb3-c17bf73b5fe2', '20c7ae02-d59a-40a8-8fc7-ff9851135b05', 1, 0, 'Above 20', 'Más de 20'),
    ('f7b87870-5be4-40c2-abc9-18c7f432dc53', '20c7ae02-d59a-40a8-8fc7-ff9851135b05', 2, 1, '18.5 to 20', 'De 18,5 a 20'),
    ('95614ce7-c51b-49c6-b01e-e62a03dc846c', '20c7ae02-d59a-40a8-8fc7-ff9851135b05', 3, 2, 'Below 18.5', 'Menos de 18,5'),
    ('49febda7-a2e7-4437-8c49-e07d16be8095', '1e49ab04-2c44-4988-91d9-9fc8f5302b13', 1, 0, 'Below 5 %', 'Menos del 5 %'),
    ('fe7013c9-d384-4354-beea-83932cff7a8f', '1e49ab04-2c44-4988-91d9-9fc8f5302b13', 2, 1, '5 to 10 %', 'Del 5 al 10 %'),
    ('18c965b9-2f33-41f2-a81f-ee5edc6332ef', '1e49ab04-2c44-4988-91d9-9fc8f5302b13', 3, 2, 'Above 10 %', 'Más del 10 %'),
    ('800c0cc0-322a-4e56-9c9c-c88f7e373221', '672af235-0fe4-4037-95f9-e05a8343e07b', 1, 0, 'No', 'No'),
    ('5465cea3-bf1f-4a1e-be48-aa5dae915a10', '672af235-0fe4-4037-95f9-e05a8343e07b', 2, 2, 'Yes', 'Sí');
INSERT INTO assessment_bands (id, tool_id, low, high, risk, again_hours) VALUES
    ('565ae336-6418-4d7a-84a4-eb2294e7c626', 'a77a1f23-3e89-4b43-9864-eaf65841aadc', 0, 24, 'low', 168),
    ('9e892529-1710-417c-9415-f3476bc6427e', 'a77a1f23-3e89-4b43-9864-eaf65841aadc', 25, 44, 'medium', 168),
    ('7902a25a-cb9e-49b5-98e7-f34579ce4d11', 'a77a1f23-3e89-4b43-9864-eaf65841aadc', 45, 125, 'high', 24),
    ('e8a69bd1-806b-4b04-adab-366c905b545a', 'b93c5578-f01c-4213-8c95-f984eec1b6cd', 6, 9, 'severe', 24),
    ('a7e416ae-446f-4fb3-be45-94bcd190e4d8', 'b93c5578-f01c-4213-8c95-f984eec1b6cd', 10, 12, 'high', 24),
    ('df10c670-66e2-43fe-bf81-805d28665ddc', 'b93c5578-f01c-4213-8c95-f984eec1b6cd', 13, 14, 'medium', 24),
    ('4871b778-cd90-4a86-baf5-fdfe7c2bb497', 'b93c5578-f01c-4213-8c95-f984eec1b6cd', 15, 18, 'low', 24),
    ('30efd96c-bc30-441d-988c-9578fad627d5', 'b93c5578-f01c-4213-8c95-f984eec1b6cd', 19, 23, 'none', 72),
    ('4e08342b-a36e-45cc-b435-e744b1a7885a', '3fce0ac1-fd15-49cc-8bb1-58fbaab6f1c3', 3, 8, 'severe', 1),
    ('082c04e5-3373-4a1e-974e-9941fad6796b', '3fce0ac1-fd15-49cc-8bb1-58fbaab6f1c3', 9, 12, 'high', 1),
    ('88a7b5e5-e821-4ec5-b352-4cad1df1ec8e', '3fce0ac1-fd15-49cc-8bb1-58fbaab6f1c3', 13, 14, 'medium', 1),
    ('4053db59-040c-46e8-9060-31f70e461f13', '3fce0ac1-fd15-49cc-8bb1-58fbaab6f1c3', 15, 15, 'none', 4),
    ('9bd9de05-788b-43a1-9cf5-1f34467033a3', '92a6f7f7-88c6-40fb-a9bf-2678678f00b8', 0, 0, 'none', NULL),
    ('b2d379c2-6a5f-4c4d-a236-add5605dfb3c', '92a6f7f7-88c6-40fb-a9bf-2678678f00b8', 1, 3, 'low', NULL),
    ('36d78f47-678f-4fa8-9eaf-ed6744f73ffc', '92a6f7f7-88c6-40fb-a9bf-2678678f00b8', 4, 6, 'medium', 4),
    ('323107c3-e84b-4d53-842b-eb95456212cb', '92a6f7f7-88c6-40fb-a9bf-2678678f00b8', 7, 10, 'high', 1),
    ('ed1f8477-9888-4706-a8d9-f7d375f58043', '3afa9669-e2d9-4fb9-b16e-8e1874ce771a', 0, 0, 'low', 168),
    ('b5a71529-bd0f-4cd5-826c-350a620f42f2', '3afa9669-e2d9-4fb9-b16e-8e1874ce771a', 1, 1, 'medium', 168),
    ('f666a6e6-4dba-4540-b183-6160340697ef', '3afa9669-e2d9-4fb9-b16e-8e1874ce771a', 2, 6, 'high', 168);
REVOKE DELETE, TRUNCATE ON assessments, assessment_answers FROM infirmary_app;
REVOKE UPDATE ON assessment_answers, assessment_items, assessment_choices, assessment_bands FROM infirmary_app;
