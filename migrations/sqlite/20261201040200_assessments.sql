-- Assessments as data: tools with versioned items, points and bands, and the answers of a patient on a ward.

CREATE TABLE assessment_tools (
    id            BLOB PRIMARY KEY NOT NULL,
    code          TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 20),
    version       INTEGER NOT NULL CHECK (version >= 1),
    name          TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    -- The publication that the points and bands come from.
    source        TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 300),
    -- The owner of the rights. The hospital confirms that it may use the tool.
    owner         TEXT NOT NULL DEFAULT '' CHECK (length(owner) <= 200),
    -- Years of age from which it is used.
    from_age      INTEGER NOT NULL DEFAULT 0 CHECK (from_age BETWEEN 0 AND 120),
    confirmed_at  TEXT,
    confirmed_by  BLOB REFERENCES users (id),
    retired_at    TEXT,
    CONSTRAINT assessment_tools_versions UNIQUE (code, version),
    CONSTRAINT assessment_tools_confirmed CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL))
) STRICT;
CREATE TABLE assessment_items (
    id            BLOB PRIMARY KEY NOT NULL,
    tool_id       BLOB NOT NULL REFERENCES assessment_tools (id),
    nth           INTEGER NOT NULL CHECK (nth >= 1),
    name_en       TEXT NOT NULL CHECK (length(name_en) BETWEEN 1 AND 120),
    name_es       TEXT NOT NULL CHECK (length(name_es) BETWEEN 1 AND 120),
    UNIQUE (id, tool_id),
    CONSTRAINT assessment_items_in_turn UNIQUE (tool_id, nth)
) STRICT;
CREATE TABLE assessment_choices (
    id            BLOB PRIMARY KEY NOT NULL,
    item_id       BLOB NOT NULL REFERENCES assessment_items (id),
    nth           INTEGER NOT NULL CHECK (nth >= 1),
    points        INTEGER NOT NULL CHECK (points BETWEEN 0 AND 100),
    -- Empty where the words are protected: the points are shown alone.
    name_en       TEXT NOT NULL DEFAULT '' CHECK (length(name_en) <= 120),
    name_es       TEXT NOT NULL DEFAULT '' CHECK (length(name_es) <= 120),
    UNIQUE (id, item_id, points),
    CONSTRAINT assessment_choices_in_turn UNIQUE (item_id, nth)
) STRICT;
CREATE TABLE assessment_bands (
    id            BLOB PRIMARY KEY NOT NULL,
    tool_id       BLOB NOT NULL REFERENCES assessment_tools (id),
    low           INTEGER NOT NULL,
    high          INTEGER NOT NULL,
    risk          TEXT NOT NULL CHECK (risk IN ('none', 'low', 'medium', 'high', 'severe')),
    -- Hours until the next assessment.
    again_hours   INTEGER CHECK (again_hours BETWEEN 1 AND 720),
    CONSTRAINT assessment_bands_ordered CHECK (low <= high),
    CONSTRAINT assessment_bands_once UNIQUE (tool_id, low)
) STRICT;
CREATE TABLE assessments (
    id            BLOB PRIMARY KEY NOT NULL,
    admission_id  BLOB NOT NULL REFERENCES admissions (id),
    patient_id    BLOB NOT NULL REFERENCES patients (id),
    clinic_id     BLOB NOT NULL REFERENCES clinics (id),
    tool_id       BLOB NOT NULL REFERENCES assessment_tools (id),
    because       TEXT NOT NULL CHECK (because IN ('admission', 'fall', 'transfer', 'change', 'routine')),
    state         TEXT NOT NULL CHECK (state IN ('open', 'final', 'error')),
    assessed_at   TEXT NOT NULL,
    assessed_by   BLOB NOT NULL REFERENCES users (id),
    total         INTEGER NOT NULL,
    risk          TEXT NOT NULL CHECK (risk IN ('none', 'low', 'medium', 'high', 'severe')),
    -- The plan of the task that asks for the next one.
    task_plan_id  BLOB REFERENCES nursing_task_plans (id),
    error_reason  TEXT NOT NULL DEFAULT '' CHECK (length(error_reason) <= 500),
    error_by      BLOB REFERENCES users (id),
    UNIQUE (id, tool_id),
    CONSTRAINT assessments_error CHECK ((state = 'error') = (length(trim(error_reason)) > 0) AND (state = 'error') = (error_by IS NOT NULL))
) STRICT;
CREATE INDEX assessments_of_admission ON assessments (admission_id, assessed_at);
CREATE INDEX assessments_by_patient ON assessments (patient_id, assessed_at);
CREATE INDEX assessments_by_plan ON assessments (task_plan_id) WHERE task_plan_id IS NOT NULL;
CREATE TABLE assessment_answers (
    id            BLOB PRIMARY KEY NOT NULL,
    assessment_id BLOB NOT NULL,
    tool_id       BLOB NOT NULL,
    item_id       BLOB NOT NULL,
    choice_id     BLOB NOT NULL,
    points        INTEGER NOT NULL,
    CONSTRAINT assessment_answers_once UNIQUE (assessment_id, item_id),
    CONSTRAINT assessment_answers_of_tool FOREIGN KEY (assessment_id, tool_id) REFERENCES assessments (id, tool_id),
    CONSTRAINT assessment_answers_item FOREIGN KEY (item_id, tool_id) REFERENCES assessment_items (id, tool_id),
    CONSTRAINT assessment_answers_points FOREIGN KEY (choice_id, item_id, points) REFERENCES assessment_choices (id, item_id, points)
) STRICT;
CREATE INDEX assessment_answers_by_item ON assessment_answers (item_id);
CREATE INDEX assessment_answers_by_choice ON assessment_answers (choice_id);
CREATE TRIGGER assessments_of_stay BEFORE INSERT ON assessments
WHEN NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id
    AND a.clinic_id = NEW.clinic_id AND (a.state = 'admitted' OR a.left_at >= NEW.assessed_at))
BEGIN
    SELECT RAISE(ABORT, 'assessments_of_stay');
END;
CREATE TRIGGER assessments_start BEFORE INSERT ON assessments
WHEN NEW.state <> 'open'
BEGIN
    SELECT RAISE(ABORT, 'assessments_frozen');
END;
-- An answer belongs to an assessment that is being recorded.
CREATE TRIGGER assessment_answers_open BEFORE INSERT ON assessment_answers
WHEN NOT EXISTS (SELECT 1 FROM assessments a WHERE a.id = NEW.assessment_id AND a.state = 'open')
BEGIN
    SELECT RAISE(ABORT, 'assessments_frozen');
END;
-- The total is the sum of all answers, and the risk that of its band.
CREATE TRIGGER assessments_total BEFORE UPDATE ON assessments
WHEN OLD.state = 'open' AND NEW.state = 'final' AND ((SELECT coalesce(sum(r.points), -1) FROM assessment_answers r WHERE r.assessment_id = NEW.id) <> NEW.total
    OR (SELECT count(*) FROM assessment_answers r WHERE r.assessment_id = NEW.id) <> (SELECT count(*) FROM assessment_items i WHERE i.tool_id = NEW.tool_id)
    OR NOT EXISTS (SELECT 1 FROM assessment_bands b WHERE b.tool_id = NEW.tool_id AND b.low <= NEW.total AND b.high >= NEW.total AND b.risk = NEW.risk))
BEGIN
    SELECT RAISE(ABORT, 'assessments_total');
END;
CREATE TRIGGER assessments_frozen BEFORE UPDATE ON assessments
WHEN (NEW.id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.tool_id, NEW.because, NEW.assessed_at, NEW.assessed_by)
    IS NOT (OLD.id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.tool_id, OLD.because, OLD.assessed_at, OLD.assessed_by) OR (OLD.state <> 'open' AND (NEW.total, NEW.risk) IS NOT (OLD.total, OLD.risk))
    OR OLD.state = 'error' OR (NEW.state <> OLD.state AND NEW.state = 'open') OR (OLD.state = 'open' AND NEW.state = 'error')
BEGIN
    SELECT RAISE(ABORT, 'assessments_frozen');
END;
CREATE TRIGGER assessments_kept BEFORE DELETE ON assessments
BEGIN
    SELECT RAISE(ABORT, 'assessments_frozen');
END;
CREATE TRIGGER assessment_answers_fixed BEFORE UPDATE ON assessment_answers
BEGIN
    SELECT RAISE(ABORT, 'assessments_frozen');
END;
CREATE TRIGGER assessment_answers_kept BEFORE DELETE ON assessment_answers
BEGIN
    SELECT RAISE(ABORT, 'assessments_frozen');
END;
CREATE TRIGGER assessment_items_fixed BEFORE UPDATE ON assessment_items
BEGIN
    SELECT RAISE(ABORT, 'assessment_tools_frozen');
END;
CREATE TRIGGER assessment_items_kept BEFORE DELETE ON assessment_items
BEGIN
    SELECT RAISE(ABORT, 'assessment_tools_frozen');
END;
CREATE TRIGGER assessment_choices_fixed BEFORE UPDATE ON assessment_choices
BEGIN
    SELECT RAISE(ABORT, 'assessment_tools_frozen');
END;
CREATE TRIGGER assessment_choices_kept BEFORE DELETE ON assessment_choices
BEGIN
    SELECT RAISE(ABORT, 'assessment_tools_frozen');
END;
CREATE TRIGGER assessment_bands_fixed BEFORE UPDATE ON assessment_bands
BEGIN
    SELECT RAISE(ABORT, 'assessment_tools_frozen');
END;
CREATE TRIGGER assessment_bands_kept BEFORE DELETE ON assessment_bands
BEGIN
    SELECT RAISE(ABORT, 'assessment_tools_frozen');
END;
CREATE TRIGGER assessment_tools_frozen BEFORE UPDATE ON assessment_tools
WHEN (NEW.id, NEW.code, NEW.version, NEW.name, NEW.source, NEW.owner, NEW.from_age)
    IS NOT (OLD.id, OLD.code, OLD.version, OLD.name, OLD.source, OLD.owner, OLD.from_age)
BEGIN
    SELECT RAISE(ABORT, 'assessment_tools_frozen');
END;
CREATE TRIGGER assessment_tools_kept BEFORE DELETE ON assessment_tools
BEGIN
    SELECT RAISE(ABORT, 'assessment_tools_frozen');
END;
-- A task asks for an assessment, or is an action of a care plan.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''teaching'', ''other'')', '''teaching'', ''assessment'', ''care'', ''other'')')
WHERE type = 'table' AND name = 'nursing_task_plans';
PRAGMA writable_schema = RESET;
-- The tools that are shipped. Points and bands have their source; protected words are left out, and the hospital confirms each tool.
INSERT INTO assessment_tools (id, code, version, name, source, owner, from_age) VALUES
    (x'a77a1f233e894b439864eaf65841aadc', 'morse', 1, 'Morse Fall Scale', 'Morse JM, Morse RM, Tylko SJ. Can J Aging 1989;8:366-377; bands as the AHRQ toolkit "Preventing Falls in Hospitals"', 'Janice M. Morse', 16),
    (x'b93c5578f01c42138c95f984eec1b6cd', 'braden', 1, 'Braden Scale', 'Bergstrom N, Braden B, Laguzza A, Holman V. Nurs Res 1987;36:205-210; bands: Braden B. Adv Skin Wound Care 2012;25:61', 'Barbara Braden and Nancy Bergstrom; a licence is needed', 16),
    (x'3fce0ac1fd1549cc8bb158fbaab6f1c3', 'gcs', 1, 'Glasgow Coma Scale', 'Teasdale G, Jennett B. Lancet 1974;304:81-84; bands for head injuries: 13-15, 9-12, 3-8', '', 5),
    (x'92a6f7f788c640fba9bf2678678f00b8', 'pain', 1, 'Pain, numeric scale 0-10', 'Numeric rating scale: Jensen MP, Karoly P, Braver S. Pain 1986;27:117-126; bands 1-3, 4-6, 7-10 are a convention', '', 8),
    (x'3afa9669e2d94fb9b16e8e1874ce771a', 'must', 1, 'Malnutrition Universal Screening Tool (MUST)', 'Elia M (ed.). The MUST report. BAPEN 2003', 'BAPEN; the hospital asks for permission to use it in a program', 18);
INSERT INTO assessment_items (id, tool_id, nth, name_en, name_es) VALUES
    (x'8a059672327c40a6ac8260cdbe84921e', x'a77a1f233e894b439864eaf65841aadc', 1, 'Has fallen in this stay or shortly before', 'Se ha caído en este ingreso o poco antes'),
    (x'13725749cc984645bf3c3ffa9ffa9328', x'a77a1f233e894b439864eaf65841aadc', 2, 'More than one diagnosis', 'Más de un diagnóstico'),
    (x'a61eddc7f9334dcd99f29e1e68b14aa1', x'a77a1f233e894b439864eaf65841aadc', 3, 'Help with walking', 'Ayuda para caminar'),
    (x'5d074bcbb0e1430895ec2bff13c39339', x'a77a1f233e894b439864eaf65841aadc', 4, 'Intravenous line', 'Vía intravenosa'),
    (x'1c30ecef425e4bc68152e2437a545d30', x'a77a1f233e894b439864eaf65841aadc', 5, 'Walk', 'Marcha'),
    (x'30fad62581ce49d295c08d538a882206', x'a77a1f233e894b439864eaf65841aadc', 6, 'Knows the own limits', 'Conoce sus límites'),
    (x'4e96dc5d127a4aa1952d9a580dcdd356', x'b93c5578f01c42138c95f984eec1b6cd', 1, 'Sensory perception', 'Percepción sensorial'),
    (x'16f9e2686b114184b008d55e360896ea', x'b93c5578f01c42138c95f984eec1b6cd', 2, 'Moisture', 'Humedad'),
    (x'8247cf2cb5b64489afb153fc9bd8fbdf', x'b93c5578f01c42138c95f984eec1b6cd', 3, 'Activity', 'Actividad'),
    (x'80955c5c216e424aa1a3bd0b42ec5e76', x'b93c5578f01c42138c95f984eec1b6cd', 4, 'Mobility', 'Movilidad'),
    (x'f7532c8a0e2e4c51b11bb2443adfe097', x'b93c5578f01c42138c95f984eec1b6cd', 5, 'Nutrition', 'Nutrición'),
    (x'7ef9dc96b9b84d80bd730659a1c42be2', x'b93c5578f01c42138c95f984eec1b6cd', 6, 'Friction and shear', 'Fricción y cizallamiento'),
    (x'7d51d1477d6b4a999e06bdd74efa8d2d', x'3fce0ac1fd1549cc8bb158fbaab6f1c3', 1, 'Eyes open', 'Apertura de ojos'),
    (x'22e22ac6730b4afebd5f888ac6860136', x'3fce0ac1fd1549cc8bb158fbaab6f1c3', 2, 'Speech', 'Respuesta verbal'),
    (x'e30907cfc6e5429d809ddb83edb26013', x'3fce0ac1fd1549cc8bb158fbaab6f1c3', 3, 'Movement', 'Respuesta motora'),
    (x'c84a704e820448e6a9ef089af12c0075', x'92a6f7f788c640fba9bf2678678f00b8', 1, 'Pain now, from none (0) to the worst (10)', 'Dolor ahora, de nada (0) al peor (10)'),
    (x'20c7ae02d59a40a88fc7ff9851135b05', x'3afa9669e2d94fb9b16e8e1874ce771a', 1, 'Body mass index', 'Índice de masa corporal'),
    (x'1e49ab042c44498891d99fc8f5302b13', x'3afa9669e2d94fb9b16e8e1874ce771a', 2, 'Unplanned loss of weight in 3 to 6 months', 'Pérdida de peso no buscada en 3 a 6 meses'),
    (x'672af2350fe4403795f9e05a8343e07b', x'3afa9669e2d94fb9b16e8e1874ce771a', 3, 'Acutely ill, and no food for more than 5 days, or likely so', 'Enfermedad aguda y sin comer más de 5 días, o es probable');
INSERT INTO assessment_choices (id, item_id, nth, points, name_en, name_es) VALUES
    (x'c24c05eb884a4af2a8eccfefa30a6b9a', x'8a059672327c40a6ac8260cdbe84921e', 1, 0, 'No', 'No'),
    (x'7d9cdc3ad9fb49c89bce04b25c6e194e', x'8a059672327c40a6ac8260cdbe84921e', 2, 25, 'Yes', 'Sí'),
    (x'7883e2723161454498510dec9ff9aed9', x'13725749cc984645bf3c3ffa9ffa9328', 1, 0, 'No', 'No'),
    (x'c278db5831b54b119d5a5b1e7f08d647', x'13725749cc984645bf3c3ffa9ffa9328', 2, 15, 'Yes', 'Sí'),
    (x'99496c62b5dd4e1f8f254b44adbeb3ae', x'a61eddc7f9334dcd99f29e1e68b14aa1', 1, 0, 'None, in bed, wheelchair, or a nurse helps', 'Ninguna, en cama, silla de ruedas, o ayuda de enfermería'),
    (x'5f2737fc45f4412b8f6274650e345aa7', x'a61eddc7f9334dcd99f29e1e68b14aa1', 2, 15, 'Crutches, stick or walker', 'Muletas, bastón o andador'),
    (x'0f41d2a51a744a81b3dde3608c7e60ad', x'a61eddc7f9334dcd99f29e1e68b14aa1', 3, 30, 'Holds on to furniture', 'Se apoya en los muebles'),
    (x'c77804f5b1f74fd1b77d8264e62e3f4d', x'5d074bcbb0e1430895ec2bff13c39339', 1, 0, 'No', 'No'),
    (x'95247df22cde44629af4635272b939de', x'5d074bcbb0e1430895ec2bff13c39339', 2, 20, 'Yes', 'Sí'),
    (x'3785536bc5154b25bd63df06495c586d', x'1c30ecef425e4bc68152e2437a545d30', 1, 0, 'Normal, in bed or in a wheelchair', 'Normal, en cama o en silla de ruedas'),
    (x'2c9ba36ae5134ae69d46cddec7ea9a38', x'1c30ecef425e4bc68152e2437a545d30', 2, 10, 'Weak', 'Débil'),
    (x'bdf660699cd34de7ac214c1f881a6306', x'1c30ecef425e4bc68152e2437a545d30', 3, 20, 'Impaired', 'Alterada'),
    (x'146ace19f7514094b258249d01f1487c', x'30fad62581ce49d295c08d538a882206', 1, 0, 'Yes', 'Sí'),
    (x'0fe2e313629348a8a61d6b11c5b05dd6', x'30fad62581ce49d295c08d538a882206', 2, 15, 'Overrates what is possible, or forgets', 'Se sobreestima o lo olvida'),
    (x'e404aa6e6e6249d99035046bc3df1cfb', x'4e96dc5d127a4aa1952d9a580dcdd356', 1, 1, '', ''),
    (x'a0b839575da44d3f973c8d89922d71a6', x'4e96dc5d127a4aa1952d9a580dcdd356', 2, 2, '', ''),
    (x'079c870dbc6241d3a038c3b9fddf8dff', x'4e96dc5d127a4aa1952d9a580dcdd356', 3, 3, '', ''),
    (x'51a733ecf366400982f306554c9bfdd6', x'4e96dc5d127a4aa1952d9a580dcdd356', 4, 4, '', ''),
    (x'fe9fb4a82a4c4e60bb3a31350e556083', x'16f9e2686b114184b008d55e360896ea', 1, 1, '', ''),
    (x'cad5f896d02a419381fa02cec6b645fa', x'16f9e2686b114184b008d55e360896ea', 2, 2, '', ''),
    (x'9921615f05eb468694b695a7dcd3c72b', x'16f9e2686b114184b008d55e360896ea', 3, 3, '', ''),
    (x'5763020cd85e46718db7ffeb146a8912', x'16f9e2686b114184b008d55e360896ea', 4, 4, '', ''),
    (x'21fc7ae5498f4c48964f18b3bff94513', x'8247cf2cb5b64489afb153fc9bd8fbdf', 1, 1, '', ''),
    (x'91fd8a7db6de48bb8646e5c6e8238221', x'8247cf2cb5b64489afb153fc9bd8fbdf', 2, 2, '', ''),
    (x'e13502051afc4127b2d02f349b33f6a5', x'8247cf2cb5b64489afb153fc9bd8fbdf', 3, 3, '', ''),
    (x'80e3e27332634dd9b7244e880f30f7f7', x'8247cf2cb5b64489afb153fc9bd8fbdf', 4, 4, '', ''),
    (x'07b1d5fd5e5447d0b83953ea228e94c0', x'80955c5c216e424aa1a3bd0b42ec5e76', 1, 1, '', ''),
    (x'adc73e259d3c4717be575662a3aaeb67', x'80955c5c216e424aa1a3bd0b42ec5e76', 2, 2, '', ''),
    (x'31bc51421b0445b59bff66c1a1eb43e9', x'80955c5c216e424aa1a3bd0b42ec5e76', 3, 3, '', ''),
    (x'e7febd3cdb98424db1b2381ec39a6d08', x'80955c5c216e424aa1a3bd0b42ec5e76', 4, 4, '', ''),
    (x'b9a82ae51849408b8d0964b9e8e96447', x'f7532c8a0e2e4c51b11bb2443adfe097', 1, 1, '', ''),
    (x'cefda2072f9d4c079fcd8769be65a472', x'f7532c8a0e2e4c51b11bb2443adfe097', 2, 2, '', ''),
    (x'c22e0ea7a71a42589086200a810f9602', x'f7532c8a0e2e4c51b11bb2443adfe097', 3, 3, '', ''),
    (x'2e7925139b8c468db922e91a9679e567', x'f7532c8a0e2e4c51b11bb2443adfe097', 4, 4, '', ''),
    (x'6a2d043c9c234e308fa97c96c98c07b9', x'7ef9dc96b9b84d80bd730659a1c42be2', 1, 1, '', ''),
    (x'9709def61c8c4819ab03c9d02c5ad6be', x'7ef9dc96b9b84d80bd730659a1c42be2', 2, 2, '', ''),
    (x'dd0995ec5f7949fd96032b520a44fa12', x'7ef9dc96b9b84d80bd730659a1c42be2', 3, 3, '', ''),
    (x'92a6fe4c6f1f4bc4b830b9677a73a3b6', x'7d51d1477d6b4a999e06bdd74efa8d2d', 1, 4, 'Spontaneously', 'Espontánea'),
    (x'73edaed0dc8c4206b0cf4c9666ff6a8a', x'7d51d1477d6b4a999e06bdd74efa8d2d', 2, 3, 'To sound', 'A la voz'),
    (x'dc6f2969ff87429d9415ec95d417b540', x'7d51d1477d6b4a999e06bdd74efa8d2d', 3, 2, 'To pressure', 'A la presión'),
    (x'96a02c667d8348c7bed9352cea282035', x'7d51d1477d6b4a999e06bdd74efa8d2d', 4, 1, 'Not', 'Ninguna'),
    (x'cf2c5fd78e054d209291e155f319c006', x'22e22ac6730b4afebd5f888ac6860136', 1, 5, 'Orientated', 'Orientada'),
    (x'52b7d6c808dd4f12affefb5304b46863', x'22e22ac6730b4afebd5f888ac6860136', 2, 4, 'Confused', 'Confusa'),
    (x'9536eec117e04234936c75775697e222', x'22e22ac6730b4afebd5f888ac6860136', 3, 3, 'Single words', 'Palabras sueltas'),
    (x'253ab378e5c649a080a7671cb5519ac7', x'22e22ac6730b4afebd5f888ac6860136', 4, 2, 'Sounds', 'Sonidos'),
    (x'8bd2450eadc54ae1be8f77eb38fc8f8c', x'22e22ac6730b4afebd5f888ac6860136', 5, 1, 'None', 'Ninguna'),
    (x'dcc1bb5dfefd462185b284c87c762180', x'e30907cfc6e5429d809ddb83edb26013', 1, 6, 'Obeys commands', 'Obedece órdenes'),
    (x'ee088f59f2b94aaca7fee831b5b886a5', x'e30907cfc6e5429d809ddb83edb26013', 2, 5, 'Localises', 'Localiza'),
    (x'1bb3bf2e97ae4375b73576bbed985b82', x'e30907cfc6e5429d809ddb83edb26013', 3, 4, 'Normal flexion', 'Flexión normal'),
    (x'7bab2888d12047339480d321cd6ee199', x'e30907cfc6e5429d809ddb83edb26013', 4, 3, 'Abnormal flexion', 'Flexión anormal'),
    (x'07f4271e730549c195e50a79a33e59ca', x'e30907cfc6e5429d809ddb83edb26013', 5, 2, 'Extension', 'Extensión'),
    (x'68349198d1f948c48aa075273a75f6e1', x'e30907cfc6e5429d809ddb83edb26013', 6, 1, 'None', 'Ninguna'),
    (x'670b11b015bd49dea2a1cb7743e0bc2a', x'c84a704e820448e6a9ef089af12c0075', 1, 0, '', ''),
    (x'8748c8e8b3734b46a39bb8cfbe88850a', x'c84a704e820448e6a9ef089af12c0075', 2, 1, '', ''),
    (x'44a49a4d6c6a464dbe3259c2f6830efd', x'c84a704e820448e6a9ef089af12c0075', 3, 2, '', ''),
    (x'10489d30616449e8a2513682be43a55e', x'c84a704e820448e6a9ef089af12c0075', 4, 3, '', ''),
    (x'61ef36c9861640f88ea81139d9790e20', x'c84a704e820448e6a9ef089af12c0075', 5, 4, '', ''),
    (x'c8b427a76a7045e5b592b4a340a0a8fa', x'c84a704e820448e6a9ef089af12c0075', 6, 5, '', ''),
    (x'da1728f7eaf3443a85a2e7d9b7d20703', x'c84a704e820448e6a9ef089af12c0075', 7, 6, '', ''),
    (x'6d6bb8bfd1e347dd8c344d677640702c', x'c84a704e820448e6a9ef089af12c0075', 8, 7, '', ''),
    (x'6b9b4871beff4a68b47c38dc23f3f2c3', x'c84a704e820448e6a9ef089af12c0075', 9, 8, '', ''),
    (x'd8f19d6100da4bd7acb573a7146fcdda', x'c84a704e820448e6a9ef089af12c0075', 10, 9, '', ''),
    (x'9fd05fdab6994c848e52967d54a1c7dc', x'c84a704e820448e6a9ef089af12c0075', 11, 10, '', ''),
    (x'3abae68f20d849ec8fb3c17bf73b5fe2', x'20c7ae02d59a40a88fc7ff9851135b05', 1, 0, 'Above 20', 'Más de 20'),
    (x'f7b878705be440c2abc918c7f432dc53', x'20c7ae02d59a40a88fc7ff9851135b05', 2, 1, '18.5 to 20', 'De 18,5 a 20'),
    (x'95614ce7c51b49c6b01ee62a03dc846c', x'20c7ae02d59a40a88fc7ff9851135b05', 3, 2, 'Below 18.5', 'Menos de 18,5'),
    (x'49febda7a2e744378c49e07d16be8095', x'1e49ab042c44498891d99fc8f5302b13', 1, 0, 'Below 5 %', 'Menos del 5 %'),
    (x'fe7013c9d3844354beea83932cff7a8f', x'1e49ab042c44498891d99fc8f5302b13', 2, 1, '5 to 10 %', 'Del 5 al 10 %'),
    (x'18c965b92f3341f2a81fee5edc6332ef', x'1e49ab042c44498891d99fc8f5302b13', 3, 2, 'Above 10 %', 'Más del 10 %'),
    (x'800c0cc0322a4e569c9cc88f7e373221', x'672af2350fe4403795f9e05a8343e07b', 1, 0, 'No', 'No'),
    (x'5465cea3bf1f4a1ebe48aa5dae915a10', x'672af2350fe4403795f9e05a8343e07b', 2, 2, 'Yes', 'Sí');
INSERT INTO assessment_bands (id, tool_id, low, high, risk, again_hours) VALUES
    (x'565ae33664184d7a84a4eb2294e7c626', x'a77a1f233e894b439864eaf65841aadc', 0, 24, 'low', 168),
    (x'9e8925291710417c9415f3476bc6427e', x'a77a1f233e894b439864eaf65841aadc', 25, 44, 'medium', 168),
    (x'7902a25acb9e49b598e7f34579ce4d11', x'a77a1f233e894b439864eaf65841aadc', 45, 125, 'high', 24),
    (x'e8a69bd1806b4b04adab366c905b545a', x'b93c5578f01c42138c95f984eec1b6cd', 6, 9, 'severe', 24),
    (x'a7e416ae446f4fb3be4594bcd190e4d8', x'b93c5578f01c42138c95f984eec1b6cd', 10, 12, 'high', 24),
    (x'df10c67066e243febf81805d28665ddc', x'b93c5578f01c42138c95f984eec1b6cd', 13, 14, 'medium', 24),
    (x'4871b778cd904a86baf5fdfe7c2bb497', x'b93c5578f01c42138c95f984eec1b6cd', 15, 18, 'low', 24),
    (x'30efd96cbc30441d988c9578fad627d5', x'b93c5578f01c42138c95f984eec1b6cd', 19, 23, 'none', 72),
    (x'4e08342ba36e45ccb435e744b1a7885a', x'3fce0ac1fd1549cc8bb158fbaab6f1c3', 3, 8, 'severe', 1),
    (x'082c04e533734a1e974e9941fad6796b', x'3fce0ac1fd1549cc8bb158fbaab6f1c3', 9, 12, 'high', 1),
    (x'88a7b5e5e8214ec5b3524cad1df1ec8e', x'3fce0ac1fd1549cc8bb158fbaab6f1c3', 13, 14, 'medium', 1),
    (x'4053db59040c46e8906031f70e461f13', x'3fce0ac1fd1549cc8bb158fbaab6f1c3', 15, 15, 'none', 4),
    (x'9bd9de05788b43a19cf51f34467033a3', x'92a6f7f788c640fba9bf2678678f00b8', 0, 0, 'none', NULL),
    (x'b2d379c26a5f4c4da236add5605dfb3c', x'92a6f7f788c640fba9bf2678678f00b8', 1, 3, 'low', NULL),
    (x'36d78f47678f4fa89eafed6744f73ffc', x'92a6f7f788c640fba9bf2678678f00b8', 4, 6, 'medium', 4),
    (x'323107c3e84b4d53842beb95456212cb', x'92a6f7f788c640fba9bf2678678f00b8', 7, 10, 'high', 1),
    (x'ed1f847798884706a8d9f7d375f58043', x'3afa9669e2d94fb9b16e8e1874ce771a', 0, 0, 'low', 168),
    (x'b5a71529bd0f4cd5826c350a620f42f2', x'3afa9669e2d94fb9b16e8e1874ce771a', 1, 1, 'medium', 168),
    (x'f666a6e64dba4540b1836160340697ef', x'3afa9669e2d94fb9b16e8e1874ce771a', 2, 6, 'high', 168);
